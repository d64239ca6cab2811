// Receipts (c2sp.org/tlog-proof), in the one spelling that ledger/receipts.py accepts.

import { Refused, base64, decimal, joined, unbase64, unhash, unicode, utf8 } from './bytes.js';
import { verifyCheckpoint } from './notes.js';
import { LARGEST_SIZE, leafHash, verifyInclusion } from './tree.js';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const LARGEST_RECEIPT = 2000000;
const MOST_HASHES = 63;

// Return { index, path, checkpoint, extra } of a receipt's bytes, without judging its proof.
export function parseReceipt(raw) {
  const cut = blankLine(raw);
  if (raw.length > LARGEST_RECEIPT || cut < 0 || cut + 2 === raw.length) throw new Refused('receipt-form');
  const head = raw.slice(0, cut);
  if (head.some((byte) => byte > 127)) throw new Refused('receipt-form');
  const [first, ...lines] = unicode(head, 'receipt-form').split('\n');
  if (first !== FIRST_LINE) throw new Refused('receipt-form');
  let extra = null;
  if (lines[0]?.startsWith('extra ')) extra = unbase64(lines.shift().slice(6), 'receipt-form');
  if (!lines[0]?.startsWith('index ')) throw new Refused('receipt-form');
  const index = decimal(lines.shift().slice(6), 'receipt-form');
  if (lines.length > MOST_HASHES || index >= LARGEST_SIZE) throw new Refused('receipt-form');
  const path = lines.map((line) => unhash(line, 'receipt-form'));
  return { index, path, checkpoint: raw.slice(cut + 2), extra };
}

export function encodeReceipt({ index, path, checkpoint, extra }) {
  const lines = [FIRST_LINE];
  if (extra) lines.push(`extra ${base64(extra)}`);
  lines.push(`index ${index}`, ...path.map(base64), '', '');
  return joined(utf8(lines.join('\n')), checkpoint);
}

// Return the checkpoint under which the entry's bytes stand in the log of `key`; else throw.
export function verifyReceipt(receipt, entry, key) {
  const head = verifyCheckpoint(receipt.checkpoint, key);
  verifyInclusion(leafHash(entry), receipt.index, head.size, receipt.path, head.root);
  return head;
}

function blankLine(raw) {
  for (let at = 0; at + 1 < raw.length; at += 1) {
    if (raw[at] === 10 && raw[at + 1] === 10) return at;
  }
  return -1;
}
