import { FastCGIError } from "@x/protocol/errors";

/** For requests that come after `close()`. */
export function closedError(): FastCGIError {
  return new FastCGIError("FCGI_ERR_CLOSED", "The pool is closed and takes no more requests.", { phase: "queue" });
}

/** For requests that `destroy()` cuts, or that come after it. */
export function destroyedError(cause: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_DESTROYED", "The pool was destroyed.", { cause });
}

export function queueFullError(length: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_QUEUE_FULL", `${length} requests already wait for this application.`, {
    phase: "queue",
  });
}

export function queueTimeoutError(timeout: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_QUEUE_TIMEOUT", `The application was busy with other requests for ${timeout} ms.`, {
    phase: "queue",
  });
}

/** The same error for one more request: each gets what is known about that request alone. */
export function copyOf(error: FastCGIError): FastCGIError {
  const { code, message, cause, address, phase } = error;
  return new FastCGIError(code, message, { cause, address, phase });
}
