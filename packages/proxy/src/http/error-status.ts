import type { FastCGIErrorCode } from "@x/protocol/errors";

/** What a client is answered when an application fails before the head of its response. */
export interface ErrorStatus {
  readonly status: number;
  /** Seconds after which trying again makes sense: Retry-After (RFC 9110 §10.2.3). */
  readonly retryAfter?: number;
}

const BAD_GATEWAY: ErrorStatus = { status: 502 };
const GATEWAY_TIMEOUT: ErrorStatus = { status: 504 };
const BUSY: ErrorStatus = { status: 503, retryAfter: 1 };
const OURS: ErrorStatus = { status: 500 };

/** The one place where a failure becomes an HTTP status. After the head of a response there is no status left: the response is cut. */
export const errorStatus: Readonly<Record<FastCGIErrorCode, ErrorStatus>> = {
  // The request cannot be said in FastCGI.
  FCGI_ERR_INVALID_ARGUMENT: { status: 400 },
  FCGI_ERR_PARAM_TOO_LARGE: { status: 431 },
  FCGI_ERR_PARAMS_OVERFLOW: { status: 431 },
  FCGI_ERR_BODY_TOO_LARGE: { status: 413 },
  // The application cannot be reached, or not now.
  FCGI_ERR_CONNECT: BAD_GATEWAY,
  FCGI_ERR_CONNECT_TIMEOUT: GATEWAY_TIMEOUT,
  FCGI_ERR_QUEUE_FULL: BUSY,
  FCGI_ERR_QUEUE_TIMEOUT: BUSY,
  FCGI_ERR_OVERLOADED: BUSY,
  FCGI_ERR_NO_UPSTREAM: BUSY,
  FCGI_ERR_PROCESS_EXIT: BAD_GATEWAY,
  // It was reached and did not answer in time.
  FCGI_ERR_SEND_TIMEOUT: GATEWAY_TIMEOUT,
  FCGI_ERR_HEADERS_TIMEOUT: GATEWAY_TIMEOUT,
  FCGI_ERR_BODY_TIMEOUT: GATEWAY_TIMEOUT,
  FCGI_ERR_TIMEOUT: GATEWAY_TIMEOUT,
  // It answered, and not what an application may answer.
  FCGI_ERR_SOCKET: BAD_GATEWAY,
  FCGI_ERR_TRUNCATED: BAD_GATEWAY,
  FCGI_ERR_BAD_VERSION: BAD_GATEWAY,
  FCGI_ERR_BAD_RECORD: BAD_GATEWAY,
  FCGI_ERR_BAD_NAME_VALUES: BAD_GATEWAY,
  FCGI_ERR_UNEXPECTED_RECORD: BAD_GATEWAY,
  FCGI_ERR_NOT_FASTCGI: BAD_GATEWAY,
  FCGI_ERR_CANT_MULTIPLEX: BAD_GATEWAY,
  FCGI_ERR_UNKNOWN_ROLE: BAD_GATEWAY,
  FCGI_ERR_BAD_PROTOCOL_STATUS: BAD_GATEWAY,
  FCGI_ERR_BAD_RESPONSE_HEAD: BAD_GATEWAY,
  FCGI_ERR_HEADERS_OVERFLOW: BAD_GATEWAY,
  FCGI_ERR_BODY_MISMATCH: BAD_GATEWAY,
  // We are going down, or the client has gone and nobody reads the answer.
  FCGI_ERR_CLOSED: BUSY,
  FCGI_ERR_DESTROYED: BUSY,
  FCGI_ERR_ABORTED: BAD_GATEWAY,
  // Never while a request is served.
  FCGI_ERR_BAD_ADDRESS: OURS,
  FCGI_ERR_CONFIG: OURS,
  FCGI_ERR_LISTEN: OURS,
  FCGI_ERR_HEADERS_SENT: OURS,
  FCGI_ERR_SCRIPT_NOT_FOUND: OURS,
  FCGI_ERR_SCRIPT_DENIED: OURS,
  FCGI_ERR_UNAVAILABLE: OURS,
  FCGI_ERR_BAD_ANSWER: OURS,
  FCGI_ERR_MOCK_NOT_MATCHED: OURS,
};
