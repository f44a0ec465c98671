import { FastCGIError } from "@x/protocol/errors";

/**
 * One chunk of a body as bytes; strings become UTF-8.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function toChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk);
  throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `A body consists of bytes or strings, not of ${typeof chunk}s.`);
}

/** Anything thrown as an `Error`. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
