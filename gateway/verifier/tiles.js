// The public log as static files (c2sp.org/tlog-tiles), as ledger/tiles.py reads it. Nothing read
// here is believed: what is computed from it must lead to the signed root.

import { Refused } from './bytes.js';
import { bitLength, nodeHash } from './tree.js';

const WIDTH = 256n;
const HEIGHT = 8;

// Return where a tile (or with level 'entries' a bundle) lies below the folder of its log.
export function tilePath(level, index, width) {
  const digits = index.toString();
  const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g);
  const number = parts.map((part, at) => (at + 1 < parts.length ? `x${part}` : part)).join('/');
  return `tile/${level}/${number}${width === WIDTH ? '' : `.p/${width}`}`;
}

// Return the bytes of one entry out of its bundle; `read(path)` gives bytes, or null for none.
export async function readEntry(index, size, read) {
  const number = index / WIDTH;
  const { data, width, path } = await readTile('entries', number, size - number * WIDTH, read);
  let at = 0;
  let found = null;
  let count = 0n;
  while (at < data.length) {
    const start = at + 2;
    at = start + data[at] * 256 + (data[start - 1] ?? 0);
    if (count === index % WIDTH) found = data.slice(start, at);
    count += 1n;
  }
  if (at !== data.length || count !== width || found === null) throw new Refused('tile-form', { path });
  return found;
}

// Return the audit path of a leaf, its sibling first (RFC 6962, 2.1.1), computed from tiles.
export async function inclusionPath(index, size, read) {
  const tree = new TileTree(size, read);
  const path = [];
  let [start, end] = [0n, size];
  while (end - start > 1n) {
    const middle = start + (1n << BigInt(bitLength(end - start - 1n) - 1));
    if (index < middle) {
      path.push(await tree.rangeRoot(middle, end));
      end = middle;
    } else {
      path.push(await tree.rangeRoot(start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

class TileTree {
  constructor(size, read) {
    this.size = size;
    this.read = read;
    this.tiles = new Map();
  }

  async rangeRoot(start, end) {
    const hashes = [];
    for (let at = start; at < end; ) {
      const level = bitLength(end - at) - 1;
      hashes.push(await this.subtree(level, at >> BigInt(level)));
      at += 1n << BigInt(level);
    }
    return hashes.reduceRight((right, left) => nodeHash(left, right));
  }

  async subtree(level, index) {
    const row = Math.floor(level / HEIGHT);
    const height = level % HEIGHT;
    const perTile = WIDTH >> BigInt(height);
    const levels = await this.levels(row, index / perTile);
    return levels[height][Number(index % perTile)];
  }

  async levels(row, index) {
    const key = `${row}/${index}`;
    if (!this.tiles.has(key)) this.tiles.set(key, pyramid(await this.hashes(row, index)));
    return this.tiles.get(key);
  }

  async hashes(row, index) {
    const left = (this.size >> BigInt(HEIGHT * row)) - index * WIDTH;
    const { data, width, path } = await readTile(row, index, left, this.read);
    if (data.length !== Number(width) * 32) throw new Refused('tile-form', { path });
    const wanted = Number(left < WIDTH ? left : WIDTH);
    return Array.from({ length: wanted }, (_, at) => data.slice(at * 32, at * 32 + 32));
  }
}

// A tile as it is in the tree; where the partial one is gone, the full one that replaced it.
async function readTile(level, index, left, read) {
  const width = left < WIDTH ? left : WIDTH;
  const path = tilePath(level, index, width);
  const data = await read(path);
  if (data !== null) return { data, width, path };
  const full = tilePath(level, index, WIDTH);
  const whole = full === path ? null : await read(full);
  if (whole === null) throw new Refused('tile-missing', { path });
  return { data: whole, width: WIDTH, path: full };
}

function pyramid(hashes) {
  const levels = [hashes];
  while (levels.length <= HEIGHT) {
    const row = levels[levels.length - 1];
    const above = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at], row[at + 1]));
    levels.push(above);
  }
  return levels;
}
