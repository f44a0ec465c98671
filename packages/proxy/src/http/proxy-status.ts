import type { FastCGIErrorCode } from "@x/protocol/errors";

/** What went wrong between us and an application, in the words of RFC 9209 §2.3. Codes that are no such thing have none. */
const PROXY_ERRORS: Readonly<Partial<Record<FastCGIErrorCode, string>>> = {
  FCGI_ERR_CONNECT: "connection_refused",
  FCGI_ERR_CONNECT_TIMEOUT: "connection_timeout",
  FCGI_ERR_QUEUE_FULL: "connection_limit_reached",
  FCGI_ERR_QUEUE_TIMEOUT: "connection_limit_reached",
  FCGI_ERR_OVERLOADED: "destination_unavailable",
  FCGI_ERR_NO_UPSTREAM: "destination_unavailable",
  FCGI_ERR_PROCESS_EXIT: "destination_unavailable",
  FCGI_ERR_SEND_TIMEOUT: "connection_write_timeout",
  FCGI_ERR_HEADERS_TIMEOUT: "http_response_timeout",
  FCGI_ERR_BODY_TIMEOUT: "http_response_timeout",
  FCGI_ERR_TIMEOUT: "http_response_timeout",
  FCGI_ERR_SOCKET: "connection_terminated",
  FCGI_ERR_TRUNCATED: "http_response_incomplete",
  FCGI_ERR_BODY_MISMATCH: "http_response_incomplete",
  FCGI_ERR_BAD_VERSION: "http_protocol_error",
  FCGI_ERR_BAD_RECORD: "http_protocol_error",
  FCGI_ERR_BAD_NAME_VALUES: "http_protocol_error",
  FCGI_ERR_UNEXPECTED_RECORD: "http_protocol_error",
  FCGI_ERR_NOT_FASTCGI: "http_protocol_error",
  FCGI_ERR_CANT_MULTIPLEX: "http_protocol_error",
  FCGI_ERR_UNKNOWN_ROLE: "http_protocol_error",
  FCGI_ERR_BAD_PROTOCOL_STATUS: "http_protocol_error",
  FCGI_ERR_BAD_RESPONSE_HEAD: "http_protocol_error",
  FCGI_ERR_HEADERS_OVERFLOW: "http_response_header_section_size",
};

/** The value of Proxy-Status for a failure; undefined: it is none of an application. */
export function proxyStatus(code: FastCGIErrorCode): string | undefined {
  const error = PROXY_ERRORS[code];
  return error === undefined ? undefined : `x-proxy; error=${error}`;
}
