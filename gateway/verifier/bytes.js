// Bytes and their one spelling as text: base64, decimal numbers, UTF-8, short codes.
// The same rules as ledger/spelling.py: what has two spellings can be changed unseen.

export class Refused extends Error {
  // code: key of the sentence that people read; values: what the sentence names.
  constructor(code, values = {}) {
    super(`${code} ${JSON.stringify(values)}`);
    this.code = code;
    this.values = values;
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
const CODE_LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford: no I, L, O, U
const CODE_BYTES = 10;

export function utf8(text) {
  return new TextEncoder().encode(text);
}

export function unicode(bytes, code) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused(code);
  }
}

export function base64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function unbase64(text, code) {
  if (!BASE64.test(text)) throw new Refused(code);
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  if (base64(bytes) !== text) throw new Refused(code);
  return bytes;
}

export function unhash(text, code) {
  const bytes = unbase64(text, code);
  if (bytes.length !== 32) throw new Refused(code);
  return bytes;
}

export function decimal(text, code) {
  if (!DECIMAL.test(text)) throw new Refused(code);
  const number = BigInt(text);
  if (number >= 2n ** 63n) throw new Refused(code);
  return number;
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

// The short code of a SHA-256 that paper carries: its first 80 bits in 16 letters.
export function shortCode(digest) {
  let bits = 0n;
  for (const byte of digest.slice(0, CODE_BYTES)) bits = bits * 256n + BigInt(byte);
  let code = '';
  for (let at = 75n; at >= 0n; at -= 5n) code += CODE_LETTERS[Number((bits >> at) & 31n)];
  return code;
}

// A code as a person types it: spaces, dashes and look-alike letters are forgiven.
export function typedCode(text) {
  const plain = text.toUpperCase().replace(/[\s\u2010-\u2015-]/g, '');
  const code = plain.replace(/O/g, '0').replace(/[IL]/g, '1');
  return code.length === 16 && [...code].every((one) => CODE_LETTERS.includes(one)) ? code : null;
}

export function grouped(code) {
  return code.replace(/(.{4})(?=.)/g, '$1-');
}
