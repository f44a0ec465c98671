import { FCGI_VERSION_1 } from "./constants.ts";
import { FastCGIError } from "./errors.ts";

/** The eight bytes in front of each record (FastCGI 1.0 §3.3). */
export interface RecordHeader {
  /** 1; no other version exists. */
  version: number;
  /** One of `RecordType`, or a number that the specification does not have. */
  type: number;
  /** 0 for management records. */
  requestId: number;
  /** Bytes of content, at most 65,535. */
  contentLength: number;
  /** Bytes to skip behind the content, at most 255. */
  paddingLength: number;
}

/** Padding bytes that align a record of this content length to eight bytes. */
export function paddingFor(contentLength: number): number {
  return -contentLength & 7;
}

/** Reads the eight bytes at `offset`, judging nothing; the caller has made sure that they are there. */
export function readRecordHeader(bytes: Uint8Array, offset = 0): RecordHeader {
  return {
    version: bytes[offset]!,
    type: bytes[offset + 1]!,
    requestId: (bytes[offset + 2]! << 8) | bytes[offset + 3]!,
    contentLength: (bytes[offset + 4]! << 8) | bytes[offset + 5]!,
    paddingLength: bytes[offset + 6]!,
  };
}

/**
 * Writes the eight bytes at `offset`. Every record that leaves this package passes here, so this is
 * where lengths are asserted: a length cut to 16 bits once let a request body be read as records
 * (HAProxy, April 2026).
 *
 * @returns the offset of the content
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a number that is not whole or does not fit into its field
 */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  requestId: number,
  contentLength: number,
  paddingLength: number,
): number {
  if ((contentLength & 0xffff) !== contentLength) throw doesNotFit("content length", 65_535, contentLength);
  if ((requestId & 0xffff) !== requestId) throw doesNotFit("request id", 65_535, requestId);
  if ((type & 0xff) !== type) throw doesNotFit("type", 255, type);
  if ((paddingLength & 0xff) !== paddingLength) throw doesNotFit("padding length", 255, paddingLength);
  target[offset] = FCGI_VERSION_1;
  target[offset + 1] = type;
  target[offset + 2] = requestId >>> 8;
  target[offset + 3] = requestId & 0xff;
  target[offset + 4] = contentLength >>> 8;
  target[offset + 5] = contentLength & 0xff;
  target[offset + 6] = paddingLength;
  target[offset + 7] = 0;
  return offset + 8;
}

function doesNotFit(field: string, most: number, value: number): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `The ${field} of a record is a whole number from 0 to ${most}, not ${value}.`,
  );
}
