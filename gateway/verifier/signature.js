// Ed25519 as strict as ledger/algorithms.py: a key must be a canonical point of full order, and
// S*B = R + k*A must hold exactly. WebCrypto judges edge cases differently from browser to
// browser, and a page over plain http has none; so one implementation judges everywhere.

import { Point } from './vendored/noble-ed25519-3.2.0/index.js';
import { sha512 } from './vendored/noble-hashes-2.4.0/sha2.js';
import { joined, same } from './bytes.js';

const ORDER = Point.CURVE().n;

// Return the point of a public key, or null for one that must not be trusted.
export function publicPoint(key) {
  try {
    const point = Point.fromBytes(key);
    return !point.isSmallOrder() && point.isTorsionFree() ? point : null;
  } catch {
    return null;
  }
}

export function signatureHolds(key, message, signature) {
  const point = publicPoint(key);
  if (point === null || signature.length !== 64) return false;
  const r = signature.slice(0, 32);
  const s = littleEndian(signature.slice(32));
  if (s >= ORDER) return false;
  const k = littleEndian(sha512(joined(r, key, message))) % ORDER;
  const found = twice(s, Point.BASE, k, point.negate());
  return !found.is0() && same(found.toBytes(), r);
}

// a*A + b*B, without the table of multiples that signing programs keep in memory.
function twice(a, A, b, B) {
  const both = A.add(B);
  let sum = Point.ZERO;
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    sum = sum.double();
    const pick = Number((a >> bit) & 1n) + 2 * Number((b >> bit) & 1n);
    if (pick) sum = sum.add([A, B, both][pick - 1]);
  }
  return sum;
}

function littleEndian(bytes) {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
