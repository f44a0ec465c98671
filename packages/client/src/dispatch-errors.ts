import { ProtocolStatus } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";
import type { FastCGIErrorCode, FastCGIErrorOptions } from "@x/protocol/errors";

/** The error that a protocol status other than 0 stands for (FastCGI 1.0 §5.5). */
export function protocolStatusError(protocolStatus: number, details: FastCGIErrorOptions): FastCGIError {
  const [code, message] = describe(protocolStatus);
  return new FastCGIError(code, message, { ...details, protocolStatus });
}

function describe(protocolStatus: number): [FastCGIErrorCode, string] {
  switch (protocolStatus) {
    case ProtocolStatus.CantMpxConn:
      return ["FCGI_ERR_CANT_MULTIPLEX", "The application does not run several requests on one connection."];
    case ProtocolStatus.Overloaded:
      return ["FCGI_ERR_OVERLOADED", "The application is overloaded and did not run the request."];
    case ProtocolStatus.UnknownRole:
      return ["FCGI_ERR_UNKNOWN_ROLE", "The application does not know the role that it was asked to play."];
    default:
      return [
        "FCGI_ERR_BAD_PROTOCOL_STATUS",
        `The application ended the request with protocol status ${protocolStatus}, which FastCGI does not have.`,
      ];
  }
}

/** A new connection that ends without a byte, from another host or as if: PHP-FPM tells nobody that it does not want him. */
export function explainRefusal(error: FastCGIError): void {
  if (error.code !== "FCGI_ERR_SOCKET" || error.address?.includes("tcp://") !== true) return;
  error.message +=
    " It may not take requests from this address (listen.allowed_clients of PHP-FPM), or its process has died.";
}

/** The caller does not want it any more. */
export function abortError(cause: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_ABORTED", "The request was aborted.", { cause });
}

/** It has taken longer than its caller would wait for all of it. */
export function totalTimeoutError(timeout: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_TIMEOUT", `The request was not over within ${timeout} ms.`);
}

/** The consumer has kept others from being served. */
export function stallError(timeout: number): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_BODY_TIMEOUT",
    `The consumer took nothing for ${timeout} ms, while other requests on its connection waited for it.`,
    { phase: "response-body" },
  );
}

/** Nothing was heard of the application for `limit` ms. */
export function silenceError(gotStdout: boolean, limit: number): FastCGIError {
  return gotStdout
    ? new FastCGIError("FCGI_ERR_BODY_TIMEOUT", `The application has sent nothing more for ${limit} ms.`)
    : new FastCGIError("FCGI_ERR_HEADERS_TIMEOUT", `The application has not begun to answer within ${limit} ms.`);
}
