import { FastCGIError } from "../errors.ts";
import { readPairs } from "../pairs.ts";
import type { ParamList, ParamsInput, ParamValue } from "../param-list.ts";
import { toParamList } from "../param-list.ts";
import { readLatin1, writeLatin1 } from "../text.ts";

/**
 * The head of an SCGI request: the params as a netstring. CONTENT_LENGTH comes first, then `SCGI` = `1`, then
 * the others in their order. SCGI forbids the same name twice, so of equal names the last value is sent,
 * which is the one that counts in FastCGI, too.
 *
 * @param params as for FastCGI; `CONTENT_LENGTH` and `SCGI` among them are replaced
 * @param contentLength bytes of the body that follows, exactly; a body of unknown length must be collected first
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a name that is empty, for a NUL or a character above U+00FF in a
 * name or a value (a NUL ends both, also in bytes), and for a length that is no number of bytes
 */
export function encodeScgiHead(params: ParamsInput, contentLength: number): Uint8Array {
  if (!Number.isSafeInteger(contentLength) || contentLength < 0) {
    throw invalid(`The length of a body is a whole number of bytes, not ${contentLength}.`);
  }
  const first = `CONTENT_LENGTH\0${contentLength}\0SCGI\x001\0`;
  const list = toParamList(params);
  const text = plainHeaders(list, first);
  return (text === undefined ? undefined : plainHead(text)) ?? anyHead(collect(list), first);
}

/** A head of any params. */
function anyHead(headers: Map<string, ParamValue>, first: string): Uint8Array {
  headers.delete("CONTENT_LENGTH");
  headers.delete("SCGI");
  let size = first.length;
  for (const [name, value] of headers) size += name.length + value.length + 2;

  const prefix = `${size}:`;
  const bytes = new Uint8Array(prefix.length + size + 1);
  let at = writeLatin1(bytes, 0, prefix + first);
  for (const [name, value] of headers) {
    at = writeLatin1(bytes, at, name) + 1; // the array is zeroed: NUL stands there already
    if (typeof value === "string") at = writeLatin1(bytes, at, value) + 1;
    else {
      bytes.set(value, at);
      at += value.length + 1;
    }
  }
  bytes[at] = COMMA;
  return bytes;
}

/** Beyond so many params looking through all names for one is slower than a map of them. */
const FEW = 64;

/**
 * The headers of params as nearly all are, text without a name twice: one string, written in one piece. Its characters are still to be
 * looked at.
 *
 * @param first the headers that stand before them
 * @returns undefined for other params
 */
function plainHeaders({ preEncoded, names, values }: ParamList, first: string): string | undefined {
  if (names.length > FEW) return undefined;
  const known: string[] = ["CONTENT_LENGTH", "SCGI"];
  let text = first;
  let plain = true;
  if (preEncoded !== undefined) {
    const all = readLatin1(preEncoded, 0, preEncoded.length);
    readPairs(preEncoded, (nameStart, nameEnd, valueEnd) => {
      const name = all.slice(nameStart, nameEnd);
      plain &&= known.length < FEW && name !== "" && !known.includes(name) && !hasNul(all, nameStart, valueEnd);
      known.push(name);
      text += `${name}\0${all.slice(nameEnd, valueEnd)}\0`;
    });
  }
  for (let index = 0; plain && index < names.length; index++) {
    const name: unknown = names[index];
    const value: unknown = values[index];
    if (name === "CONTENT_LENGTH" || name === "SCGI") continue;
    if (typeof name !== "string" || typeof value !== "string" || name === "" || known.includes(name)) return undefined;
    if (hasNul(name) || hasNul(value)) return undefined;
    known.push(name);
    text += `${name}\0${value}\0`;
  }
  return plain ? text : undefined;
}

function hasNul(text: string, start = 0, end: number = text.length): boolean {
  const at = text.indexOf("\0", start);
  return at >= 0 && at < end;
}

/** @returns undefined when it has a character that is no byte */
function plainHead(text: string): Uint8Array | undefined {
  if (!SENDABLE_WITH_NUL.test(text)) return undefined;
  const prefix = `${text.length}:`;
  const bytes = new Uint8Array(prefix.length + text.length + 1);
  bytes[writeLatin1(bytes, writeLatin1(bytes, 0, prefix), text)] = COMMA;
  return bytes;
}

/**
 * The web server's side of one SCGI request: {@link ScgiRequestEncoder.head}, then the body in any pieces. It sees to it
 * that what is sent is as long as what was announced, since an application takes CONTENT_LENGTH at its word.
 *
 * @example
 * const request = new ScgiRequestEncoder(params, file.size);
 * socket.write(request.head);
 * for await (const chunk of file.stream()) socket.write(request.body(chunk));
 * request.end();
 */
export class ScgiRequestEncoder {
  /** What is sent before the body. */
  readonly head: Uint8Array;
  readonly #contentLength: number;
  #left: number;

  /** Arguments and errors are those of {@link encodeScgiHead}. */
  constructor(params: ParamsInput, contentLength: number) {
    this.head = encodeScgiHead(params, contentLength);
    this.#contentLength = this.#left = contentLength;
  }

  /** Bytes of the body that are still to come. */
  get left(): number {
    return this.#left;
  }

  /**
   * The next piece of the body.
   *
   * @returns bytes `start` to `end` of `chunk`, not copied: what to send
   * @throws FastCGIError `FCGI_ERR_BODY_MISMATCH` when the body gets longer than announced; nothing of this piece is to be sent
   */
  body(chunk: Uint8Array, start = 0, end: number = chunk.length): Uint8Array {
    const piece = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    if (piece.length > this.#left) throw this.#mismatch("at least", piece.length);
    this.#left -= piece.length;
    return piece;
  }

  /**
   * The body has ended. SCGI has no end of its own to send: the connection stays open for the response.
   *
   * @throws FastCGIError `FCGI_ERR_BODY_MISMATCH` when less came than was announced: close the connection, the application waits
   */
  end(): void {
    if (this.#left > 0) throw this.#mismatch("only", 0);
  }

  #mismatch(how: string, more: number): FastCGIError {
    return new FastCGIError(
      "FCGI_ERR_BODY_MISMATCH",
      `The body has ${how} ${this.#contentLength - this.#left + more} bytes, ${this.#contentLength} were announced.`,
      { phase: "send" },
    );
  }
}

const COMMA = 0x2c;
/** Latin-1 without NUL. */
const SENDABLE = /^[\u0001-\u00ff]*$/;
const SENDABLE_WITH_NUL = /^[\0-\u00ff]*$/;

/** Each name with its last value, in the order in which the names came first. */
function collect(list: ParamList): Map<string, ParamValue> {
  const headers = new Map<string, ParamValue>();
  const { preEncoded } = list;
  if (preEncoded !== undefined) {
    readPairs(preEncoded, (nameStart, nameEnd, valueEnd) => {
      add(headers, readLatin1(preEncoded, nameStart, nameEnd), preEncoded.subarray(nameEnd, valueEnd));
    });
  }
  for (const [index, name] of list.names.entries()) {
    list.pairLength(index); // throws for what is neither text nor bytes
    add(headers, name, list.values[index] as ParamValue);
  }
  return headers;
}

function add(headers: Map<string, ParamValue>, name: string, value: ParamValue): void {
  const bad = typeof value === "string" ? !SENDABLE.test(value) : value.includes(0);
  if (name === "" || !SENDABLE.test(name) || bad) {
    throw invalid(
      `SCGI cannot carry the param ${JSON.stringify(name)}: its name is empty, or it holds a NUL or a character above U+00FF.`,
    );
  }
  headers.set(name, value);
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
}
