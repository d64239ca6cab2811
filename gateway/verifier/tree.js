// Merkle hashes and the inclusion proof (RFC 6962, 2.1.1), as ledger/tree.py and ledger/proofs.py.

import { sha256 } from './vendored/noble-hashes-2.4.0/sha2.js';
import { Refused, joined, same } from './bytes.js';

export const LARGEST_SIZE = 2n ** 63n - 1n;
export const EMPTY_ROOT = sha256(new Uint8Array(0));

export function leafHash(data) {
  return sha256(joined(Uint8Array.of(0), data));
}

export function nodeHash(left, right) {
  return sha256(joined(Uint8Array.of(1), left, right));
}

export function bitLength(number) {
  return number === 0n ? 0 : number.toString(2).length;
}

// Return if the leaf hash stands at `index` in the tree of this size and root; else throw Refused.
// The path is climbed bit by bit from index and size, which alone say how long it must be.
export function verifyInclusion(leaf, index, size, path, root) {
  if (index < 0n || size > LARGEST_SIZE || index >= size) throw new Refused('path');
  if ([leaf, root, ...path].some((hash) => hash.length !== 32)) throw new Refused('path');
  const inner = bitLength(index ^ (size - 1n));
  const above = (index >> BigInt(inner)).toString(2).replace(/0/g, '').length;
  if (path.length !== inner + above) throw new Refused('path');
  let found = leaf;
  path.forEach((sibling, level) => {
    const onLeft = level >= inner || ((index >> BigInt(level)) & 1n) === 1n;
    found = onLeft ? nodeHash(sibling, found) : nodeHash(found, sibling);
  });
  if (!same(found, root)) throw new Refused('path');
}
