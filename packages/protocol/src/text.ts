/**
 * Latin-1 both ways: one character is one byte, so nothing is ever lost.
 * `TextDecoder("latin1")` is windows-1252 by the Encoding Standard and so would be wrong.
 */

interface NativeText {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number): number;
  utf8Write(this: Uint8Array, text: string, offset: number): number;
}

// Node's native routines where there are any; the loops below serve a browser, whose bundler may
// bring a Buffer without them.
const prototype = (globalThis as { Buffer?: { prototype: Partial<NativeText> } }).Buffer?.prototype;
const native =
  prototype?.latin1Slice && prototype.latin1Write && prototype.utf8Write ? (prototype as NativeText) : undefined;

/** Below this length a loop is faster than the call into native code. */
const SHORT = 24;

/** The bytes `start` to `end` as a string of one character a byte. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return ""; // nginx sends an empty variable for each thing that is missing
  if (native !== undefined) return native.latin1Slice.call(bytes, start, end);
  let text = "";
  for (let at = start; at < end; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 8_192, end)));
  }
  return text;
}

/**
 * Writes one byte a character; the caller has made room for `text.length` bytes and knows that no
 * character is above U+00FF.
 *
 * @returns the offset after the last byte written
 */
export function writeLatin1(target: Uint8Array, offset: number, text: string): number {
  const length = text.length;
  if (length >= SHORT && native !== undefined) {
    native.latin1Write.call(target, text, offset);
  } else {
    for (let at = 0; at < length; at++) target[offset + at] = text.charCodeAt(at);
  }
  return offset + length;
}

/** Every runtime has it (WHATWG Encoding); ECMAScript's own types do not know it. */
declare const TextEncoder: new () => { encodeInto(text: string, target: Uint8Array): { readonly written: number } };

/**
 * Writes text as UTF-8; the caller has made room for three bytes a character, which is the most that one takes.
 *
 * @returns the offset after the last byte written
 */
export function writeUtf8(target: Uint8Array, offset: number, text: string): number {
  if (native !== undefined) return offset + native.utf8Write.call(target, text, offset);
  return offset + new TextEncoder().encodeInto(text, target.subarray(offset)).written;
}

/** Do the bytes from `start` on spell `text`? */
export function equalsLatin1(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

/** The bytes of a latin-1 string. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeLatin1(bytes, 0, text);
  return bytes;
}
