import type { FastCGIErrorCode } from "@x/protocol/errors";

/** What is known of a request that has failed on one peer. */
export interface FailedTry {
  code: FastCGIErrorCode;
  /** Bytes of its answer came. */
  answered: boolean;
  /** All of its body can be sent again. */
  bodyKept: boolean;
  idempotent: boolean;
  /** Its connection had served others. */
  reused: boolean;
  /** It had a connection to this peer. */
  started: boolean;
  /** Another peer's connection broke under it before. */
  lostBefore: boolean;
  /** ms since it came. */
  elapsed: number;
  /** ms that it may take to find a peer; 0 for any. */
  connectTimeout: number;
}

/** Nothing of the request was sent. */
const NOT_SENT: ReadonlySet<FastCGIErrorCode> = new Set([
  "FCGI_ERR_CONNECT",
  "FCGI_ERR_CONNECT_TIMEOUT",
  "FCGI_ERR_QUEUE_FULL",
  "FCGI_ERR_CLOSED",
]);

/** The application says that it did not run it (FastCGI 1.0 §5.5). */
const NOT_RUN: ReadonlySet<FastCGIErrorCode> = new Set(["FCGI_ERR_OVERLOADED", "FCGI_ERR_CANT_MULTIPLEX"]);

/**
 * May a request that has failed be tried on another peer? Only where that cannot run it twice, or where running it twice is
 * harmless. A kept connection may be closed at any time, which says nothing about the request; a peer that dies takes its
 * requests along, however long they ran, and one of them may be what killed it: it gets a second peer, not all of them.
 */
export function mayTryElsewhere(failed: FailedTry): boolean {
  if (failed.answered || !failed.bodyKept) return false;
  const lost = failed.idempotent && isLost(failed);
  if (lost && !failed.lostBefore) return true;
  if (failed.connectTimeout > 0 && failed.elapsed > failed.connectTimeout) return false;
  if (NOT_SENT.has(failed.code) || NOT_RUN.has(failed.code)) return true;
  return lost && failed.reused;
}

/** Its connection broke: perhaps it was run again at the same peer, which could not be reached any more. */
export function isLost({ code, started }: Pick<FailedTry, "code" | "started">): boolean {
  return started && (code === "FCGI_ERR_SOCKET" || code === "FCGI_ERR_CONNECT" || code === "FCGI_ERR_CONNECT_TIMEOUT");
}

/** Failures that say nothing about the peer: the caller's, or of our own limits. */
const NOT_THE_PEERS: ReadonlySet<FastCGIErrorCode> = new Set([
  "FCGI_ERR_ABORTED",
  "FCGI_ERR_INVALID_ARGUMENT",
  "FCGI_ERR_PARAM_TOO_LARGE",
  "FCGI_ERR_BODY_TOO_LARGE",
  "FCGI_ERR_QUEUE_FULL",
  "FCGI_ERR_QUEUE_TIMEOUT",
  "FCGI_ERR_TIMEOUT",
  "FCGI_ERR_UNKNOWN_ROLE",
  "FCGI_ERR_CLOSED",
  "FCGI_ERR_DESTROYED",
  // What a script prints is the script's affair.
  "FCGI_ERR_BAD_RESPONSE_HEAD",
  "FCGI_ERR_HEADERS_OVERFLOW",
  "FCGI_ERR_BODY_MISMATCH",
]);

/** Is the peer to blame? */
export function blamesPeer(code: FastCGIErrorCode): boolean {
  return !NOT_THE_PEERS.has(code);
}
