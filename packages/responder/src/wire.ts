import type { Params, Role } from "@x/protocol";
import type { FastCGIError } from "@x/protocol/errors";
import type { ResponderExchangeHandler } from "@x/protocol/session";

import type { ConnectionLimits } from "./connection-limits.ts";

/** One request of a connection: what it asks, and the way to answer. `ResponderExchange` is FastCGI's. */
export interface RequestExchange {
  readonly id: number;
  readonly role: Role;
  readonly params: Params;
  /** Bytes `start` to `end` of `chunk`, which stay as they are until they are written. */
  writeStdout(chunk: Uint8Array, start?: number, end?: number): void;
  /** Bytes, and text as UTF-8 behind them, no more than a record holds. */
  writeStdoutText(start: Uint8Array, text: string): void;
  writeStderr(chunk: Uint8Array): void;
  end(appStatus: number): void;
}

/** Bytes that wait to be written. */
export interface WireOutput {
  readonly pendingBytes: number;
  take(): Uint8Array[];
  /** Nobody looks any more at what was taken last. */
  reuse?(): void;
}

/** What the bytes of a connection mean. `ResponderSession` is FastCGI's. */
export interface WireSession {
  /** Requests begun and not ended. */
  readonly active: number;
  /** Is more to come of a request's head? */
  readonly receiving: boolean;
  drain(): void;
  /** Takes bytes `start` to `end` of `chunk`. */
  receive(chunk: Uint8Array, start: number, end: number): void;
  receiveEnd(): void;
  fail(error: FastCGIError): void;
}

/** What a session needs of its connection. */
export interface WireEvents {
  /** There are bytes to write after there were none. */
  onPending(): void;
  /** Is there room for one more request? */
  admit(): boolean;
  onRequest(exchange: RequestExchange): ResponderExchangeHandler;
  onFatal(error: FastCGIError): void;
  onClose(): void;
}

/** One of the protocols, on one connection. */
export interface Wire {
  readonly output: WireOutput;
  readonly session: WireSession;
  /** Does the end of the input say that the web server may have gone? */
  readonly endIsAbort: boolean;
  /** Writes what means nothing to a web server that waits, if the protocol has such a thing. */
  probe(id: number): void;
  /**
   * Writes what makes the web server give a response up.
   *
   * @returns false when the protocol has no word for it, so that only breaking the connection tells
   */
  cut(id: number): boolean;
}

/** Starts to speak a protocol. */
export type OpenWire = (events: WireEvents, limits: ConnectionLimits, peer: string) => Wire;
