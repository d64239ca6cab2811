// Where the public files come from: the folder that this page lies in, or files that people choose.

import { Refused } from './bytes.js';

const OPTIONS = { cache: 'no-cache', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' };

export async function readFromSite(path) {
  let answer;
  try {
    answer = await fetch(path, OPTIONS);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch {
    throw new Refused('network');
  }
  if (answer.status === 404 || answer.status === 410) return null;
  throw new Refused('network');
}

// Return a reader of a chosen folder: the public folder, one above it, or that of one year.
export function readerOfFolder(files) {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath, file]));
  const keys = [...byPath.keys()].filter((path) => /(^|\/)[0-9]{4}\/log\.vkey$/.test(path));
  const folders = keys.map((path) => path.replace(/[0-9]{4}\/log\.vkey$/, ''));
  return async (path) => {
    const found = folders.map((folder) => byPath.get(folder + path)).find(Boolean);
    return found ? bytesOf(found) : null;
  };
}

// Sort chosen files by what they hold: { receipt, entry, vkey }, each bytes.
export async function sortFiles(files) {
  const sorted = {};
  for (const file of files) {
    const bytes = await bytesOf(file);
    const start = String.fromCharCode(...bytes.slice(0, 12));
    sorted[start === 'c2sp.org/tlo' ? 'receipt' : start.startsWith('{') ? 'entry' : 'vkey'] = bytes;
  }
  return sorted;
}

async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}
