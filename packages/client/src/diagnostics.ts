import diagnosticsChannel from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

import type { ParamList } from "@x/protocol";
import type { FastCGIError } from "@x/protocol/errors";

import type { PeerState } from "./balancing/peer-health.ts";
import type { DispatchController } from "./dispatcher.ts";

/**
 * What is published on `node:diagnostics_channel`, by channel. The `controller` is the same object
 * in all messages about one request. Nothing is built for a channel that nobody listens to.
 */
export interface ClientDiagnostics {
  /** A connection is being opened. */
  "fastcgi:client:connect": {
    /** The application, in the canonical form; so in all messages. */
    address: string;
  };
  /** A connection is open. */
  "fastcgi:client:connected": {
    /** The application. */
    address: string;
  };
  /** A connection did not come about. */
  "fastcgi:client:connectError": {
    /** The application. */
    address: string;
    /** Why; `cause` is the system's error. */
    error: FastCGIError;
  };
  /** The head of a request was handed to a connection. */
  "fastcgi:client:request": {
    /** The request. */
    controller: DispatchController;
    /** The application. */
    address: string;
    /** The id under which it runs on its connection. */
    requestId: number;
    /** All that it sends as PARAMS. */
    params: ParamList;
    /** Had the connection served a request before? */
    reused: boolean;
  };
  /** The head of a CGI response is complete (`request` and `responseHandler` only). */
  "fastcgi:client:response": {
    /** The request. */
    controller: DispatchController;
    /** The status that the head amounts to. */
    statusCode: number;
    /** Names and values in turn, Status left out. */
    rawHeaders: string[];
  };
  /** END_REQUEST came, and the request is complete. */
  "fastcgi:client:end": {
    /** The request. */
    controller: DispatchController;
    /** The application's exit status. */
    appStatus: number;
  };
  /** A request failed. */
  "fastcgi:client:error": {
    /** The request. */
    controller: DispatchController;
    /** What its handler was told. */
    error: FastCGIError;
  };
  /** What a balanced pool thinks of one of its addresses has changed. */
  "fastcgi:client:peer": {
    /** The address. */
    address: string;
    /** What it is now. */
    state: PeerState | "draining";
  };
  /** Bytes as they leave. */
  "fastcgi:client:sent": {
    /** The application. */
    address: string;
    /** Tells connections apart; nothing can be read from it. */
    connection: object;
    /** Whole records or parts of them. */
    chunk: Uint8Array;
  };
  /** Bytes as they come. */
  "fastcgi:client:received": {
    /** The application. */
    address: string;
    /** Tells connections apart; nothing can be read from it. */
    connection: object;
    /** Whole records or parts of them, valid until the subscriber returns. */
    chunk: Uint8Array;
  };
}

function channel<Name extends keyof ClientDiagnostics>(name: Name): Channel<unknown, ClientDiagnostics[Name]> {
  return diagnosticsChannel.channel(name) as Channel<unknown, ClientDiagnostics[Name]>;
}

/** The channels, to be asked for `hasSubscribers` before a message is built. */
export const channels: {
  readonly connect: Channel<unknown, ClientDiagnostics["fastcgi:client:connect"]>;
  readonly connected: Channel<unknown, ClientDiagnostics["fastcgi:client:connected"]>;
  readonly connectError: Channel<unknown, ClientDiagnostics["fastcgi:client:connectError"]>;
  readonly request: Channel<unknown, ClientDiagnostics["fastcgi:client:request"]>;
  readonly response: Channel<unknown, ClientDiagnostics["fastcgi:client:response"]>;
  readonly end: Channel<unknown, ClientDiagnostics["fastcgi:client:end"]>;
  readonly error: Channel<unknown, ClientDiagnostics["fastcgi:client:error"]>;
  readonly peer: Channel<unknown, ClientDiagnostics["fastcgi:client:peer"]>;
  readonly sent: Channel<unknown, ClientDiagnostics["fastcgi:client:sent"]>;
  readonly received: Channel<unknown, ClientDiagnostics["fastcgi:client:received"]>;
} = {
  connect: channel("fastcgi:client:connect"),
  connected: channel("fastcgi:client:connected"),
  connectError: channel("fastcgi:client:connectError"),
  request: channel("fastcgi:client:request"),
  response: channel("fastcgi:client:response"),
  end: channel("fastcgi:client:end"),
  error: channel("fastcgi:client:error"),
  peer: channel("fastcgi:client:peer"),
  sent: channel("fastcgi:client:sent"),
  received: channel("fastcgi:client:received"),
};
