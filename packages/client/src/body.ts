import type { Readable } from "node:stream";

import { FastCGIError } from "@x/protocol/errors";

import { AsyncIterableSource, IterableSource } from "./body-iterables.ts";
import { ReadableSource, readableStreamSource } from "./body-streams.ts";

/** Takes the chunks of a body. */
export interface BodySink {
  /**
   * Takes the next chunk, which must not change any more.
   *
   * @param release with it, the chunk may change when it is called: once, when the bytes were written. It is not called when the
   *   request ends before that
   * @returns false when the source should wait until its `resume` is called; a chunk that comes all
   * the same is taken too
   */
  write(chunk: Uint8Array, release?: () => void): boolean;
  /** The body is complete. */
  end(): void;
  /** The body will not be completed. */
  error(error: Error): void;
}

/**
 * Gives the chunks of a body: the callback form that all other forms are turned into. `start` is
 * called once; the source may write during that call. After `pause` it writes nothing until `resume`.
 */
export interface BodySource {
  /** Called once, when the request has a connection. */
  start(sink: BodySink): void;
  /** The connection is full: nothing is to be written until {@link BodySource.resume}. */
  pause(): void;
  /** There is room again. May be called without a `pause` before it. */
  resume(): void;
  /** Nobody wants the rest; nothing is to be written any more. */
  cancel?(reason?: Error): void;
}

/** A body in any form that is handy. Strings are sent as UTF-8. A Node `Readable` is an async iterable. */
export type BodyInput =
  | string
  | Uint8Array
  | BodySource
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | Blob
  | URLSearchParams
  | null;

/**
 * Brings a body into one of three forms: bytes, a source, or `undefined` for none.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for anything that is not a body
 */
export function toBody(input: BodyInput | undefined): Uint8Array | BodySource | undefined {
  if (input === null || input === undefined) return undefined;
  if (typeof input === "string") return Buffer.from(input);
  if (input instanceof Uint8Array) return input;
  if (typeof input !== "object") throw notABody();
  if (isBodySource(input)) return input;
  if (input instanceof URLSearchParams) return Buffer.from(input.toString());
  if (isNodeReadable(input)) return new ReadableSource(input);
  if (input instanceof Blob) return readableStreamSource(input.stream());
  if (isReadableStream(input)) return readableStreamSource(input);
  if (Symbol.asyncIterator in input) return new AsyncIterableSource(input);
  if (Symbol.iterator in input) return new IterableSource(input);
  throw notABody();
}

/** Does it come piece by piece, so that it cannot be sent a second time? */
export function isSource(body: Uint8Array | BodySource | undefined): body is BodySource {
  return body !== undefined && !(body instanceof Uint8Array);
}

function notABody(): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    "A body is a string, a Uint8Array, a Blob, a URLSearchParams, a stream, an iterable of Uint8Arrays, a BodySource or null.",
  );
}

function isBodySource(input: object): input is BodySource {
  return "start" in input && typeof input.start === "function" && "resume" in input;
}

function isNodeReadable(input: object): input is Readable {
  return "pipe" in input && typeof input.pipe === "function" && "on" in input;
}

function isReadableStream(input: object): input is ReadableStream<Uint8Array> {
  return "getReader" in input && typeof input.getReader === "function";
}
