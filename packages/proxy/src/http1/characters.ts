/** May stand in a method and in the name of a field (RFC 9110 §5.6.2). */
export const TOKEN = 1;
/** May stand in the value of a field: everything visible, spaces, tabs, and bytes from 0x80 on (RFC 9110 §5.5). */
export const VALUE = 2;
/** May stand in a request target: visible ASCII. What of it belongs into a path is judged later. */
export const TARGET = 4;
/** May stand in the extension of a chunk. */
export const EXTENSION = 8;

/** What each byte may be part of. */
export const kinds: Uint8Array = makeKinds();

/** The value of each hexadecimal digit, 255 for all other bytes. */
export const hexDigits: Uint8Array = makeHexDigits();

function makeKinds(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x20; byte < 256; byte++) if (byte !== 0x7f) table[byte] = VALUE;
  table[0x09] = VALUE | EXTENSION;
  table[0x20] = VALUE | EXTENSION;
  for (let byte = 0x21; byte < 0x7f; byte++) table[byte] = VALUE | TARGET | EXTENSION;
  const tokens = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (let at = 0; at < tokens.length; at++) {
    const byte = tokens.charCodeAt(at);
    table[byte] = (table[byte] as number) | TOKEN;
  }
  return table;
}

function makeHexDigits(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let digit = 0; digit < 16; digit++) {
    const text = digit.toString(16);
    table[text.charCodeAt(0)] = digit;
    table[text.toUpperCase().charCodeAt(0)] = digit;
  }
  return table;
}
