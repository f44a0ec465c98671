import diagnosticsChannel from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

import type { ParamList } from "@x/protocol";
import type { FastCGIError } from "@x/protocol/errors";

import type { DispatchController } from "./dispatcher.ts";

/**
 * What is published on `node:diagnostics_channel`, by channel. The `controller` is the same object
 * in all messages about one request. Nothing is built for a channel that nobody listens to.
 */
export interface ClientDiagnostics {
  /** A connection is being opened. */
  "fastcgi:client:connect": { address: string };
  "fastcgi:client:connected": { address: string };
  "fastcgi:client:connectError": { address: string; error: FastCGIError };
  /** The head of a request was handed to a connection; `reused` when it was not the connection's first. */
  "fastcgi:client:request": {
    controller: DispatchController;
    address: string;
    requestId: number;
    params: ParamList;
    reused: boolean;
  };
  /** The head of a CGI response is complete (`request` and `responseHandler` only). */
  "fastcgi:client:response": { controller: DispatchController; statusCode: number; rawHeaders: string[] };
  "fastcgi:client:end": { controller: DispatchController; appStatus: number };
  "fastcgi:client:error": { controller: DispatchController; error: FastCGIError };
  /** Bytes as they leave; `connection` tells connections apart. */
  "fastcgi:client:sent": { address: string; connection: object; chunk: Uint8Array };
  /** Bytes as they come; the chunk is valid until the subscriber returns. */
  "fastcgi:client:received": { address: string; connection: object; chunk: Uint8Array };
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
  sent: channel("fastcgi:client:sent"),
  received: channel("fastcgi:client:received"),
};
