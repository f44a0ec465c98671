/**
 * What a header field may consist of (RFC 9110 §5.1, §5.5, §5.6.2). Stricter than RFC 3875 §6.3, which
 * predates request smuggling: no control bytes at all, so that nothing that passes here can end a line
 * in HTTP.
 */

/** The byte may stand in a name: `token`. */
export const IN_NAME = 1;
/** The byte may stand in a value: visible, space, tab, or 0x80 and above. */
export const IN_VALUE = 2;

/** A name, as text. */
export const FIELD_NAME: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A value, as latin-1 text. */
export const FIELD_VALUE: RegExp = /^[\t\x20-\x7e\x80-\xff]*$/;

/** For each byte, {@link IN_NAME} and {@link IN_VALUE}. */
export const FIELD_BYTES: Uint8Array = fieldBytes();

function fieldBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte);
    table[byte] = (FIELD_NAME.test(text) ? IN_NAME : 0) | (FIELD_VALUE.test(text) ? IN_VALUE : 0);
  }
  return table;
}
