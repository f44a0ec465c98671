import { FCGI_KEEP_CONN } from "./constants.ts";
import { writeZeros } from "./zeros.ts";

/**
 * The fixed eight-byte bodies of BEGIN_REQUEST (FastCGI 1.0 §5.1), END_REQUEST (§5.5) and
 * UNKNOWN_TYPE (§4.2). All fields are big-endian; reserved bytes are sent as zero and ignored on receipt.
 */
export const FIXED_BODY_LEN = 8;

/** The body of BEGIN_REQUEST. */
export interface BeginRequestBody {
  /** One of `Role`, or a number that the specification does not have. */
  role: number;
  /** Does the application leave the connection open after the request? */
  keepConn: boolean;
}

/** The body of END_REQUEST. */
export interface EndRequestBody {
  /** The application's exit status, unsigned 32 bits. */
  appStatus: number;
  /** One of `ProtocolStatus`, or a number that the specification does not have. */
  protocolStatus: number;
}

/** Reads the body of BEGIN_REQUEST; the caller has made sure that its eight bytes are there. */
export function readBeginRequest(body: Uint8Array): BeginRequestBody {
  return { role: (body[0]! << 8) | body[1]!, keepConn: (body[2]! & FCGI_KEEP_CONN) !== 0 };
}

/** Writes the body of BEGIN_REQUEST at `offset` and returns the offset after it. */
export function writeBeginRequest(target: Uint8Array, offset: number, role: number, keepConn: boolean): number {
  target[offset] = role >>> 8;
  target[offset + 1] = role & 0xff;
  target[offset + 2] = keepConn ? FCGI_KEEP_CONN : 0;
  return writeZeros(target, offset + 3, offset + FIXED_BODY_LEN);
}

/** Reads the body of END_REQUEST; the caller has made sure that its eight bytes are there. */
export function readEndRequest(body: Uint8Array): EndRequestBody {
  const appStatus = ((body[0]! << 24) | (body[1]! << 16) | (body[2]! << 8) | body[3]!) >>> 0;
  return { appStatus, protocolStatus: body[4]! };
}

/** Writes the body of END_REQUEST at `offset` and returns the offset after it; the status is taken as unsigned 32 bits. */
export function writeEndRequest(target: Uint8Array, offset: number, appStatus: number, protocolStatus: number): number {
  target[offset] = appStatus >>> 24;
  target[offset + 1] = (appStatus >>> 16) & 0xff;
  target[offset + 2] = (appStatus >>> 8) & 0xff;
  target[offset + 3] = appStatus & 0xff;
  target[offset + 4] = protocolStatus;
  return writeZeros(target, offset + 5, offset + FIXED_BODY_LEN);
}

/** Writes the body of UNKNOWN_TYPE at `offset` and returns the offset after it. */
export function writeUnknownType(target: Uint8Array, offset: number, type: number): number {
  target[offset] = type;
  return writeZeros(target, offset + 1, offset + FIXED_BODY_LEN);
}

/** Collects the first eight content bytes of a record, wherever they were cut; the rest is skipped. */
export class FixedBody {
  readonly bytes: Uint8Array = new Uint8Array(FIXED_BODY_LEN);
  #fill = 0;

  reset(): void {
    this.#fill = 0;
  }

  push(chunk: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end && this.#fill < FIXED_BODY_LEN; at++) this.bytes[this.#fill++] = chunk[at]!;
  }
}
