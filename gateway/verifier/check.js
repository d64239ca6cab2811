// The check itself, step by step, without a screen: what was asked, what was found, how far it went.

import { Refused, shortCode, typedCode, unicode } from './bytes.js';
import { parseEntry } from './entry.js';
import { parseVkey, verifyCheckpoint } from './notes.js';
import { parseReceipt } from './receipt.js';
import { inclusionPath, readEntry } from './tiles.js';
import { leafHash, verifyInclusion } from './tree.js';

// Nothing is wrong with the record: it could not be looked at.
const UNREAD = ['network', 'no-log', 'no-key', 'no-entry', 'no-receipt', 'bad-number', 'broken'];

// Return what an address or a typed number asks for: year/index[/key code[/entry code]], or a key
// code alone, or nothing; null for what is none of these.
export function parseQuestion(typed) {
  const asked = { year: '', index: null, keyCode: '', entryCode: '' };
  const parts = typed.trim().replace(/^.*#/, '').split('/').map((part) => part.trim());
  if (parts.join('') === '') return asked;
  if (parts.length === 1) {
    const keyCode = typedCode(parts[0]);
    return keyCode && { ...asked, keyCode };
  }
  const [year, index, ...codes] = parts;
  const [keyCode = '', entryCode = ''] = codes.map((code) => typedCode(code));
  if (!/^[0-9]{4}$/.test(year) || !/^(0|[1-9][0-9]{0,17})$/.test(index)) return null;
  if (codes.length > 2 || keyCode === null || entryCode === null) return null;
  return { year, index: BigInt(index), keyCode, entryCode };
}

// Check an entry against the public files; `read(path)` gives bytes, or null where there is none.
export function checkEntry(asked, read) {
  return guarded(asked, async (found) => {
    if (asked.year === '' || asked.index === null) throw new Refused('bad-number');
    const below = (path) => read(`${asked.year}/${path}`);
    const [vkey, checkpoint] = [await below('log.vkey'), await below('checkpoint')];
    if (vkey === null || checkpoint === null) throw new Refused('no-log', { year: asked.year });
    takeKey(found, asked, unicode(vkey, 'key-form'));
    found.head = verifyCheckpoint(checkpoint, found.key);
    found.steps.push('head');
    if (asked.index >= found.head.size) throw new Refused('not-there', { last: `${found.head.size - 1n}` });
    const raw = await readEntry(asked.index, found.head.size, below);
    const path = await inclusionPath(asked.index, found.head.size, below);
    judge(found, asked, { index: asked.index, path, checkpoint, extra: raw }, raw);
  });
}

// Check a receipt that somebody kept; `files` are bytes: receipt, entry (or in the receipt), vkey.
export function checkReceipt(asked, files) {
  return guarded(asked, async (found) => {
    if (!files.receipt) throw new Refused('no-receipt');
    const receipt = parseReceipt(files.receipt);
    const raw = files.entry ?? receipt.extra;
    if (!raw) throw new Refused('no-entry');
    if (!files.vkey) throw new Refused('no-key');
    takeKey(found, asked, unicode(files.vkey, 'key-form'));
    found.head = verifyCheckpoint(receipt.checkpoint, found.key);
    found.steps.push('head');
    judge(found, asked, { ...receipt, extra: raw }, raw);
  });
}

function takeKey(found, asked, text) {
  found.key = parseVkey(text.replace(/\n$/, ''));
  found.keyCode = shortCode(found.key.digest);
  if (asked.keyCode && asked.keyCode !== found.keyCode) throw new Refused('key-other');
  if (asked.keyCode) found.steps.push('key');
  const year = found.key.name.split('/').pop();
  if (asked.year && asked.year !== year) throw new Refused('other-log', { found: found.key.name });
  found.year = year;
}

function judge(found, asked, receipt, raw) {
  verifyInclusion(leafHash(raw), receipt.index, found.head.size, receipt.path, found.head.root);
  found.steps.push('place');
  found.receipt = receipt;
  if (asked.entryCode && asked.entryCode !== shortCode(leafHash(raw))) throw new Refused('entry-other');
  if (asked.entryCode) found.steps.push('paper');
  found.entry = parseEntry(raw);
  found.steps.push('entry');
}

async function guarded(asked, work) {
  const found = { asked, verdict: 'good', code: '', values: {}, steps: [], key: null, keyCode: '', head: null };
  try {
    await work(found);
    if (!asked.keyCode) Object.assign(found, { verdict: 'open', code: 'open' });
  } catch (error) {
    const { code, values } = error instanceof Refused ? error : { code: 'broken', values: {} };
    if (code === 'broken') console.error(error);
    Object.assign(found, { verdict: UNREAD.includes(code) ? 'unread' : 'bad', code, values });
  }
  return found;
}
