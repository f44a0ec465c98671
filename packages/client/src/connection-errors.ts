import { FastCGIError } from "@x/protocol/errors";

/** The connection broke; the phase depends on the request. */
export function socketError(cause: Error): FastCGIError {
  return new FastCGIError("FCGI_ERR_SOCKET", `The connection to the application broke: ${cause.message}.`, { cause });
}

/** The application takes nothing. */
export function stuckError(timeout: number): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_SEND_TIMEOUT",
    `The application has taken nothing of what it was sent for ${timeout} ms.`,
    { phase: "send" },
  );
}

/** No request hears of it: none was running. */
export function strayBytesError(): FastCGIError {
  return new FastCGIError("FCGI_ERR_UNEXPECTED_RECORD", "The application sent bytes while no request was running.", {
    phase: "protocol",
  });
}

/** No request hears of it: the connection ends with those that are aborted. */
export function abortIgnoredError(deadline: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_ABORTED", `The application did not end an aborted request within ${deadline} ms.`);
}
