import { MAX_RECORD_CONTENT } from "./constants.ts";
import { FastCGIError } from "./errors.ts";
import { lastPairs } from "./last-pairs.ts";
import { keepPairHead, pairHead, VALUE_LENGTH_AT } from "./pair-heads.ts";
import { writeLatin1 } from "./text.ts";

/** A value: a latin-1 string (one character a byte), or bytes. */
export type ParamValue = string | Uint8Array;

/** Name-value pairs in any form that is handy. Names and string values are latin-1. */
export type ParamsInput =
  | ParamList
  | Iterable<readonly [string, ParamValue]>
  | Readonly<Record<string, ParamValue | undefined>>;

/**
 * Pairs to be sent, as two flat arrays: the form that the encoder reads without allocating.
 * Order is kept, duplicates are not looked for.
 */
export class ParamList {
  /** The names, each one's value at the same index of {@link ParamList.values}. */
  readonly names: string[];
  /** The values. */
  readonly values: ParamValue[];
  /** Pairs already in wire form, sent first: what does not vary from request to request. At most 65,528 bytes. */
  readonly preEncoded: Uint8Array | undefined;

  /**
   * @param names with `values`, which are as many, the first pairs; both are the list's from now on
   * @throws FastCGIError `FCGI_ERR_PARAM_TOO_LARGE` for pre-encoded pairs that no record can hold
   */
  constructor(preEncoded?: Uint8Array, names: string[] = [], values: ParamValue[] = []) {
    if (preEncoded !== undefined && preEncoded.length > MAX_RECORD_CONTENT) {
      throw new FastCGIError("FCGI_ERR_PARAM_TOO_LARGE", "Pre-encoded params must fit into one record of 65528 bytes.");
    }
    this.names = names;
    this.values = values;
    this.preEncoded = preEncoded;
  }

  /** Adds a pair at the end; nothing is checked before it is written. */
  add(name: string, value: ParamValue): this {
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  /**
   * Bytes of all pairs on the wire, without record headers.
   *
   * @throws FastCGIError as {@link ParamList.pairLength} does
   */
  get byteLength(): number {
    const { names, values } = this;
    let total = this.preEncoded === undefined ? 0 : this.preEncoded.length;
    for (let index = 0; index < names.length; index++) total += wireLength(names[index]!, values[index]);
    return total;
  }

  /**
   * Bytes of one pair on the wire.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when the value is neither a string nor bytes, as untyped callers may pass
   */
  pairLength(index: number): number {
    return wireLength(this.names[index]!, this.values[index]);
  }

  /**
   * Writes all pairs.
   *
   * @returns the offset after the last byte
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a NUL or a character above U+00FF
   */
  writeTo(target: Uint8Array, offset: number): number {
    let at = offset;
    if (this.preEncoded !== undefined) {
      target.set(this.preEncoded, at);
      at += this.preEncoded.length;
    }
    return lastPairs.write(target, at, this);
  }

  /** Writes one pair; as {@link ParamList.writeTo}. */
  writePair(target: Uint8Array, offset: number, index: number): number {
    const name = this.names[index]!;
    const value = this.values[index]!;
    const at = writeHead(target, offset, name, value.length);
    if (typeof value === "string") return writeText(target, at, value, name);
    // An array has a length, too, and anything in it.
    if (!ArrayBuffer.isView(value)) throw neitherTextNorBytes(name);
    target.set(value, at);
    return at + value.length;
  }
}

/** Any form of params as a list; a list is given back as it is. */
export function toParamList(params: ParamsInput): ParamList {
  if (params instanceof ParamList) return params;
  const list = new ParamList();
  if (isIterable(params)) {
    for (const [name, value] of params) list.add(name, value);
    return list;
  }
  for (const name of Object.keys(params)) {
    const value = params[name];
    if (value !== undefined) list.add(name, value);
  }
  return list;
}

function isIterable(params: object): params is Iterable<readonly [string, ParamValue]> {
  return Symbol.iterator in params;
}

function wireLength(name: string, value: ParamValue | undefined): number {
  const valueLength = value?.length;
  if (valueLength === undefined) throw neitherTextNorBytes(name);
  return name.length + valueLength + (name.length > 0x7f ? 4 : 1) + (valueLength > 0x7f ? 4 : 1);
}

/** Writes both lengths and the name of a pair. */
function writeHead(target: Uint8Array, offset: number, name: string, valueLength: number): number {
  const head = valueLength <= 0x7f ? pairHead(name) : undefined;
  if (head !== undefined) {
    target.set(head, offset);
    target[offset + VALUE_LENGTH_AT] = valueLength;
    return offset + head.length;
  }
  const at = writeLength(target, writeLength(target, offset, name.length), valueLength);
  const end = writeText(target, at, name, name);
  if (valueLength <= 0x7f) keepPairHead(name);
  return end;
}

function writeLength(target: Uint8Array, at: number, length: number): number {
  if (length <= 0x7f) {
    target[at] = length;
    return at + 1;
  }
  target[at] = 0x80 | (length >>> 24);
  target[at + 1] = (length >>> 16) & 0xff;
  target[at + 2] = (length >>> 8) & 0xff;
  target[at + 3] = length & 0xff;
  return at + 4;
}

const LOOP_BELOW = 24;
const WIDE = /[\u0100-\uffff]/;

/** Checks while it writes when the text is short, since both walk the same characters. */
function writeText(target: Uint8Array, at: number, text: string, name: string): number {
  const length = text.length;
  if (length < LOOP_BELOW) {
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code === 0 || code > 0xff) throw notSendable(name);
      target[at + index] = code;
    }
    return at + length;
  }
  // V8 knows of most strings that no character is above U+00FF, and then answers without looking at them.
  if (WIDE.test(text) || text.includes("\0")) throw notSendable(name);
  return writeLatin1(target, at, text);
}

function neitherTextNorBytes(name: string): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `The param ${JSON.stringify(name)} is neither a string nor bytes.`,
  );
}

function notSendable(name: string): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `The param ${JSON.stringify(name)} holds a NUL or a character above U+00FF; text is sent as latin-1, give other text as bytes.`,
  );
}
