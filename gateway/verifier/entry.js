// Entries: a DSSE envelope around canonical JSON, in the one spelling that ledger/envelope.py and
// ledger/canonical.py accept, and the public fields that people read. Fields that are not of
// their form are left out: nothing in a log may pose as something else. One signature or two are
// there; the page checks neither, and says so.

import { Refused, same, unbase64, unicode, utf8 } from './bytes.js';

const LARGEST_ENTRY = 60000;
const DEEPEST = 16;
const TYPE = /^application\/vnd\.sealkeeper\.([a-z0-9-]{1,40})\.v1\+json$/;
const IDENTIFIER = /^[a-z0-9-]{1,40}$/;
const HASH = /^[0-9a-f]{64}$/;

// Return { kind, party, author, seq, atMs, fields }.
export function parseEntry(raw) {
  if (raw.length > LARGEST_ENTRY) throw new Refused('entry-form');
  const envelope = canonical(raw);
  const members = Object.keys(envelope).sort().join();
  const { signatures } = envelope;
  if (members !== 'payload,payloadType,signatures' || !Array.isArray(signatures)) throw new Refused('entry-form');
  if (signatures.length < 1 || signatures.length > 2) throw new Refused('entry-form');
  if (![envelope.payload, envelope.payloadType].every(isText)) throw new Refused('entry-form');
  for (const one of signatures) {
    const members = isObject(one) ? Object.keys(one).sort().join() : '';
    if (members !== 'keyid,sig' || !isText(one.keyid) || !isText(one.sig)) throw new Refused('entry-form');
    unbase64(one.sig, 'entry-form');
  }
  const fields = canonical(unbase64(envelope.payload, 'entry-form'));
  const kind = TYPE.exec(envelope.payloadType)?.[1];
  if (kind === undefined || fields.kind !== kind) throw new Refused('entry-form');
  return { kind, ...position(fields), fields };
}

export function text(fields, name) {
  const value = fields[name];
  return isText(value) && value !== '' && value.length <= 60 ? value : null;
}

export function count(fields, name) {
  return Number.isSafeInteger(fields[name]) && fields[name] >= 0 ? fields[name] : null;
}

function position(fields) {
  const party = 'device' in fields ? 'device' : 'gateway';
  const author = fields[party];
  const numbers = [fields.seq, fields.at_ms, fields.epoch, fields.boot];
  const known = isText(author) && IDENTIFIER.test(author) && HASH.test(fields.prev);
  if (('device' in fields && 'gateway' in fields) || !known) throw new Refused('entry-form');
  if (!numbers.every(Number.isSafeInteger) || fields.seq < 1 || fields.epoch < 1) throw new Refused('entry-form');
  if (fields.boot < 0 || fields.at_ms < 0 || !isMark(fields.mark)) throw new Refused('entry-form');
  return { party, author, seq: fields.seq, atMs: fields.at_ms };
}

// The object that these bytes say, if they are its only spelling (RFC 8785 within our limits).
function canonical(bytes) {
  const whole = unicode(bytes, 'entry-form');
  let value;
  try {
    value = JSON.parse(whole);
  } catch {
    throw new Refused('entry-form');
  }
  if (!isObject(value) || !same(utf8(spelled(value, 0)), bytes)) throw new Refused('entry-form');
  return value;
}

function spelled(value, depth) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (isText(value)) return spelledText(value);
  if (depth > DEEPEST) throw new Refused('entry-form');
  if (Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((one) => spelled(one, depth + 1)).join()}]`;
  if (!isObject(value)) throw new Refused('entry-form');
  const members = Object.keys(value).sort().map((name) => {
    if (/[^\u0000-\u007f]/.test(name)) throw new Refused('entry-form');
    const one = value[name];
    return `${JSON.stringify(name)}:${Number.isSafeInteger(one) ? one : spelled(one, depth + 1)}`;
  });
  return `{${members.join()}}`;
}

function spelledText(value) {
  // Iteration gives whole characters, so what is left of a pair is a lone surrogate.
  if ([...value].some((sign) => /^[\ud800-\udfff]$/.test(sign))) throw new Refused('entry-form');
  return JSON.stringify(value);
}

function isMark(value) {
  return value === null || (Number.isSafeInteger(value) && value >= 0);
}

function isText(value) {
  return typeof value === 'string';
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
