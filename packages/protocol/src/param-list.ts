import { MAX_RECORD_CONTENT } from "./constants.ts";
import { FastCGIError } from "./errors.ts";
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
  readonly names: string[] = [];
  readonly values: ParamValue[] = [];
  /** Pairs already in wire form, sent first: what does not vary from request to request. At most 65,528 bytes. */
  readonly preEncoded: Uint8Array | undefined;

  constructor(preEncoded?: Uint8Array) {
    if (preEncoded !== undefined && preEncoded.length > MAX_RECORD_CONTENT) {
      throw new FastCGIError("FCGI_ERR_PARAM_TOO_LARGE", "Pre-encoded params must fit into one record of 65528 bytes.");
    }
    this.preEncoded = preEncoded;
  }

  add(name: string, value: ParamValue): this {
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  /** Bytes of all pairs on the wire, without record headers. */
  get byteLength(): number {
    let total = this.preEncoded === undefined ? 0 : this.preEncoded.length;
    for (let index = 0; index < this.names.length; index++) total += this.pairLength(index);
    return total;
  }

  /**
   * Bytes of one pair on the wire.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when the value is neither a string nor bytes, as untyped callers may pass
   */
  pairLength(index: number): number {
    const name = this.names[index]!.length;
    const value = this.values[index]?.length;
    if (value === undefined) {
      throw new FastCGIError(
        "FCGI_ERR_INVALID_ARGUMENT",
        `The param ${JSON.stringify(this.names[index])} is neither a string nor bytes.`,
      );
    }
    return name + value + (name > 0x7f ? 4 : 1) + (value > 0x7f ? 4 : 1);
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
    for (let index = 0; index < this.names.length; index++) at = this.writePair(target, at, index);
    return at;
  }

  /** Writes one pair; as {@link ParamList.writeTo}. */
  writePair(target: Uint8Array, offset: number, index: number): number {
    const name = this.names[index]!;
    const value = this.values[index]!;
    let at = writeLength(target, offset, name.length);
    at = writeLength(target, at, value.length);
    at = writeText(target, at, name, name);
    if (typeof value === "string") return writeText(target, at, value, name);
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
// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const NOT_SENDABLE = /[^\u0001-\u00ff]/;

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
  if (NOT_SENDABLE.test(text)) throw notSendable(name);
  return writeLatin1(target, at, text);
}

function notSendable(name: string): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `The param ${JSON.stringify(name)} holds a NUL or a character above U+00FF; text is sent as latin-1, give other text as bytes.`,
  );
}
