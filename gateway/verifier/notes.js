// Signed notes, verifier keys and checkpoints (c2sp.org/signed-note, tlog-checkpoint), in the one
// spelling that ledger/notes.py and ledger/checkpoint.py accept.

import { sha256 } from './vendored/noble-hashes-2.4.0/sha2.js';
import { Refused, base64, decimal, hex, joined, same, unbase64, unhash, unicode, utf8 } from './bytes.js';
import { publicPoint, signatureHolds } from './signature.js';
import { EMPTY_ROOT } from './tree.js';

const LARGEST_NOTE = 1000000;
const MOST_SIGNATURES = 100;
const DASH = '\u2014 ';
const LOG_KEY = 1;
// What Python's str.isspace() says, and the plus sign; control characters are refused before.
const NO_NAME = /[\u0000-\u0020+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]/;

// Return the key of a log: { name, keyId, publicKey, vkey, digest }.
export function parseVkey(text) {
  const [name, id, ...rest] = text.split('+');
  const data = unbase64(rest.join('+'), 'key-form');
  if (data.length !== 33 || data[0] !== LOG_KEY || !isName(name)) throw new Refused('key-form');
  const publicKey = data.slice(1);
  if (publicPoint(publicKey) === null) throw new Refused('key-weak');
  const keyId = hex(sha256(joined(utf8(`${name}\n`), data)).slice(0, 4));
  if (keyId !== id || `${name}+${keyId}+${base64(data)}` !== text) throw new Refused('key-form');
  return { name, keyId, publicKey, vkey: text, digest: sha256(data) };
}

// Return { text, lines } of a note, without judging its signatures.
export function parseNote(raw) {
  if (raw.length > LARGEST_NOTE) throw new Refused('head-form');
  const whole = unicode(raw, 'head-form');
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Refused('head-form');
  const cut = whole.lastIndexOf('\n\n');
  const signatures = whole.slice(cut + 2);
  if (cut < 0 || !signatures.endsWith('\n')) throw new Refused('head-form');
  const rows = signatures.slice(0, -1).split('\n');
  if (rows.length > MOST_SIGNATURES) throw new Refused('head-form');
  return { text: whole.slice(0, cut + 1), lines: rows.map(parseLine) };
}

// Return { origin, size, root } of a note's text.
export function parseCheckpoint(text) {
  const lines = text.replace(/\n$/, '').split('\n');
  if (!text.endsWith('\n') || lines.length < 3 || lines.includes('')) throw new Refused('head-form');
  const [origin, size, root] = lines;
  return { origin, size: decimal(size, 'head-form'), root: unhash(root, 'head-form') };
}

// Return the checkpoint of a note that `key` signed; every line of this key must hold.
export function verifyCheckpoint(raw, key) {
  const note = parseNote(raw);
  const head = parseCheckpoint(note.text);
  if (head.origin !== key.name) throw new Refused('other-log', { found: head.origin.slice(0, 200) });
  const own = note.lines.filter((line) => line.name === key.name && line.keyId === key.keyId);
  const text = utf8(note.text);
  if (own.length === 0) throw new Refused('signature');
  if (!own.every((line) => signatureHolds(key.publicKey, text, line.signature))) {
    throw new Refused('signature');
  }
  if (head.size === 0n && !same(head.root, EMPTY_ROOT)) throw new Refused('head-form');
  return { ...head, others: note.lines.length - own.length };
}

function parseLine(row) {
  const space = row.indexOf(' ', DASH.length);
  const name = row.slice(DASH.length, space);
  if (!row.startsWith(DASH) || space < 0 || !isName(name)) throw new Refused('head-form');
  const data = unbase64(row.slice(space + 1), 'head-form');
  if (data.length <= 4) throw new Refused('head-form');
  return { name, keyId: hex(data.slice(0, 4)), signature: data.slice(4) };
}

function isName(name) {
  return name !== '' && !NO_NAME.test(name);
}
