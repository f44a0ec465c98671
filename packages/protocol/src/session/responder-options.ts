import { Role } from "../constants.ts";
import type { FastCGIError } from "../errors.ts";
import { checkLimit } from "../limit.ts";
import type { ResponderExchange, ResponderExchangeHandler } from "./responder-exchange.ts";

/** What a {@link ResponderSession} serves, its limits, and whom it tells. */
export interface ResponderSessionOptions {
  /** Roles that are served; others get UNKNOWN_ROLE. @default [Role.Responder] */
  roles?: readonly Role[];
  /** Connections accepted at once, told as FCGI_MAX_CONNS; absent: not told. */
  maxConnections?: number | undefined;
  /** Requests run at once, told as FCGI_MAX_REQS; absent: not told. */
  maxRequests?: number | undefined;
  /** Requests at once on this connection; 1: a second one gets CANT_MPX_CONN. @default 64 */
  multiplex?: number | undefined;
  /**
   * Requests on this connection, one after the other and refused ones included. The connection is closed when the last of
   * them has ended, KEEP_CONN or not; a request that comes too late gets OVERLOADED. Absent: no limit, since a web server
   * that multiplexes may never leave the connection idle, and would have its requests refused.
   */
  maxRequestsPerConnection?: number | undefined;
  /** Bytes of PARAMS of one request; more is answered by OVERLOADED, and the connection fails. @default 262144 */
  maxParamsBytes?: number | undefined;
  /** Params of one request; more, as above. @default 1000 */
  maxParams?: number | undefined;
  /** Bytes of one param, name and value with their lengths; more, as above. @default 65535 */
  maxParamBytes?: number | undefined;
  /**
   * Bytes that the peer can make the session hold: PARAMS of all requests together that are not complete, as above; and the
   * session's own answers (refusals, GET_VALUES_RESULT, UNKNOWN_TYPE) to a peer that asks and does not read, `FCGI_ERR_SEND_TIMEOUT`.
   * What the application writes is not counted: it can wait.
   *
   * @default 1048576, or `maxParamsBytes` if that is more
   */
  maxBufferedBytes?: number | undefined;
  /** The peer, for error messages. */
  address?: string;
  /** Is there room for one more request? Asked at each BEGIN_REQUEST; false: OVERLOADED. */
  admit?(): boolean;
  /** The params of a request are complete. */
  onRequest(exchange: ResponderExchange): ResponderExchangeHandler;
  /**
   * The peer broke the protocol or a limit, or the transport failed. Running requests have been told. Send what is pending,
   * if the transport still can (complete answers, the END_REQUEST of a request over a limit), then destroy it.
   */
  onFatal(error: FastCGIError): void;
  /** All requests have ended and the web server leaves the closing to us: send what is pending, then close. */
  onClose(): void;
}

/** The options of a session that have defaults, all of them. */
export interface ResponderLimits {
  readonly roles: readonly Role[];
  readonly multiplex: number;
  readonly maxRequestsPerConnection: number;
  readonly maxParamsBytes: number;
  readonly maxParams: number;
  readonly maxParamBytes: number;
  readonly maxBufferedBytes: number;
}

const DEFAULTS: ResponderLimits = {
  roles: [Role.Responder],
  multiplex: 64,
  maxRequestsPerConnection: Infinity,
  maxParamsBytes: 262_144,
  maxParams: 1_000,
  maxParamBytes: 65_535,
  maxBufferedBytes: 1_048_576,
};

/**
 * Fills in the defaults.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a limit that is not a positive integer
 */
export function responderLimits(options: ResponderSessionOptions): ResponderLimits {
  const limit = (name: Exclude<keyof ResponderLimits, "roles">): number => {
    const value = options[name];
    return value === undefined ? DEFAULTS[name] : checkLimit(name, value);
  };
  const maxParamsBytes = limit("maxParamsBytes");
  return {
    roles: options.roles ?? DEFAULTS.roles,
    multiplex: limit("multiplex"),
    maxRequestsPerConnection: limit("maxRequestsPerConnection"),
    maxParamsBytes,
    maxParams: limit("maxParams"),
    maxParamBytes: limit("maxParamBytes"),
    maxBufferedBytes:
      options.maxBufferedBytes === undefined
        ? Math.max(DEFAULTS.maxBufferedBytes, maxParamsBytes)
        : limit("maxBufferedBytes"),
  };
}
