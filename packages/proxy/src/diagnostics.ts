import diagnosticsChannel from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

import type { FastCGIError } from "@x/protocol/errors";

import type { AccessRecord } from "./access-log/logged-response.ts";
import type { GatewayRequest } from "./gateway-request.ts";

/**
 * What the gateway publishes on `node:diagnostics_channel`, by channel. It writes no log itself; nothing is built for a channel that
 * nobody listens to.
 */
export interface GatewayDiagnostics {
  /** A request was answered with an error page, or its response was cut. */
  "fastcgi:proxy:error": GatewayFailure;
  /** Bytes that an application wrote to stderr for a request; valid until the subscriber returns. They need not be whole lines. */
  "fastcgi:proxy:stderr": GatewayStderr;
  /** A request is over, however it ended. */
  "fastcgi:proxy:access": AccessRecord;
}

/** What an application says about a request. */
export interface GatewayStderr {
  /** The request for which the application ran. */
  readonly request: GatewayRequest;
  /** Name of the application's upstream. */
  readonly upstream: string;
  /** What was written. */
  readonly chunk: Uint8Array;
  /** The same as on an error page of the request, and in the access log. */
  readonly id: string;
  /** As the client named it; undefined: it named none. */
  readonly host: string | undefined;
  /** SCRIPT_FILENAME; undefined: there is none. */
  readonly script: string | undefined;
  /** Of the application. */
  readonly address: string;
}

/** One failed request. */
export interface GatewayFailure {
  /** The request id that the client was shown. */
  readonly id: string;
  /** The request as its client sent it. */
  readonly request: GatewayRequest;
  /** The status of the answer; 0 when the head was out already and the response was cut. */
  readonly status: number;
  /** What went wrong, for a developer. May hold bytes of the client. */
  readonly reason: string;
  /** Set when an application failed. */
  readonly upstream: string | undefined;
  /** What failed at the application, or on the way to it; undefined for a request that never set out. */
  readonly error: FastCGIError | undefined;
}

/** The channels, to be asked for `hasSubscribers` before a message is built. */
export const channels: {
  readonly error: Channel<unknown, GatewayFailure>;
  readonly stderr: Channel<unknown, GatewayDiagnostics["fastcgi:proxy:stderr"]>;
  readonly access: Channel<unknown, AccessRecord>;
} = {
  error: diagnosticsChannel.channel("fastcgi:proxy:error") as Channel<unknown, GatewayFailure>,
  stderr: diagnosticsChannel.channel("fastcgi:proxy:stderr") as Channel<
    unknown,
    GatewayDiagnostics["fastcgi:proxy:stderr"]
  >,
  access: diagnosticsChannel.channel("fastcgi:proxy:access") as Channel<unknown, AccessRecord>,
};
