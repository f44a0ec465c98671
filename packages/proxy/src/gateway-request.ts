/**
 * What the gateway sees of HTTP. Fronts (HTTP/1 on `node:http`, later others) are adapters that implement these shapes;
 * nothing behind them knows what a socket or a `node:http` object is.
 *
 * @module
 */

/** One request whose head has arrived. Everything in it is untrusted. */
export interface GatewayRequest {
  /** The method as it came (RFC 9110 §9.1): case-sensitive, and any token. */
  readonly method: string;
  /** The request target exactly as it came (RFC 9112 §3.2), latin-1. */
  readonly target: string;
  /** Names and values in turn, latin-1, in their order, duplicates and all. */
  readonly rawHeaders: readonly string[];
  /** Of the connection, never of what the client says. */
  readonly scheme: "http" | "https";
  /** `"1.0"`, `"1.1"`, `"2.0"`. */
  readonly httpVersion: string;
  /** The client's end of the connection. */
  readonly remote: Endpoint;
  /** Our end of the connection. */
  readonly local: Endpoint;
  /** How the connection is encrypted, when it is encrypted here. */
  readonly encryption?: Encryption | undefined;
  /** It is known from the head alone that there is no body (HTTP/2's END_STREAM); HTTP/1 says so by its fields. */
  readonly bodiless?: boolean | undefined;
  /** The body; one without bytes ends as soon as it is started. */
  readonly body: GatewayBody;
  /**
   * Set by the gateway; the front calls it once when the client has gone before the response was complete.
   *
   * @param reason set when it was the front that cut the connection
   */
  onAbort: ((reason?: Error) => void) | undefined;
}

/** What client and server agreed upon. */
export interface Encryption {
  /** `"TLSv1.3"`, `"TLSv1.2"`. */
  readonly protocol: string;
  /** As OpenSSL spells it, such as `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The name that the client asked for (SNI); undefined: none. */
  readonly serverName: string | undefined;
}

/** One end of a connection; both undefined for a UNIX socket. */
export interface Endpoint {
  /** An IP address, without brackets. */
  readonly address: string | undefined;
  /** A TCP port. */
  readonly port: number | undefined;
}

/** The request's body, which flows once it is started: a `BodySource` of `@x/client`. */
export interface GatewayBody {
  /** Called at most once. A request whose body is never asked for is drained or closed by the front. */
  start(sink: GatewayBodySink): void;
  /** Calls the sink no more until {@link GatewayBody.resume}, but for what is on its way. */
  pause(): void;
  /** Goes on after {@link GatewayBody.pause}. */
  resume(): void;
}

/** Takes a body. */
export interface GatewayBodySink {
  /**
   * The next bytes; they belong to the callee from here on: they do not change any more, unless the callee itself changes them, or
   * frees their buffer when they are all of it.
   *
   * @returns false to be given no more until `resume()`
   */
  write(chunk: Uint8Array): boolean;
  /** The body came whole. */
  end(): void;
  /** The body broke off: what came is not all of it. */
  error(error: Error): void;
}

/** The answer to one request. */
export interface GatewayResponse {
  /** An interim response: 100, 103 (RFC 9110 §15.2). Before {@link GatewayResponse.start} only. */
  informational(statusCode: number, rawHeaders: readonly string[]): void;
  /**
   * The final head. No hop-by-hop header is in it; framing is the front's.
   *
   * @param rawHeaders names and values in turn, latin-1: bytes from 0x80 on stay as they are
   * @param statusText undefined or empty: the usual text of the status
   */
  start(statusCode: number, rawHeaders: string[], statusText?: string): void;
  /**
   * Bytes of the body.
   *
   * @param release with it, the bytes stay unchanged until it is called, once, when they are needed no more; without it
   *   they may change as soon as this returns
   * @returns false when no more should be written before `onDrain`
   */
  write(chunk: Uint8Array, release?: () => void): boolean;
  /** Bytes that were written and not taken by the client's connection: they wait in memory. */
  readonly unsent: number;
  /** Set by the gateway; called when writing may go on. */
  onDrain: (() => void) | undefined;
  /**
   * Set by the gateway: milliseconds in which the client may take nothing of what was written, to the last byte of it. Then the front
   * cuts the connection. 0: any.
   */
  stallTimeout: number;
  /** The response is complete. */
  end(): void;
  /**
   * Takes back the head, and what was written after it, if nothing of them has left yet: then the response can be started anew, or is
   * as if it had not been started.
   *
   * @returns false when it is too late
   */
  withdraw(): boolean;
  /** Gives up visibly: the client must not take what it has for a whole response. */
  abort(): void;
}
