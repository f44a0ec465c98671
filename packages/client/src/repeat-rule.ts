import { ProtocolStatus } from "@x/protocol";
import type { FastCGIErrorCode } from "@x/protocol/errors";

/** What is known of a request that has failed. */
export interface FailedAttempt {
  /** It was a repetition already. */
  repeated: boolean;
  /** Bytes of its answer came. */
  answered: boolean;
  /** All of its body can be sent again. */
  bodyKept: boolean;
  /** Nothing of it has left, not even its first record. */
  unsent: boolean;
  /** Its connection had served others. */
  reused: boolean;
  /** It shared its connection, or could have. */
  multiplexed: boolean;
  idempotent: boolean;
  protocolStatus: number;
  code: FastCGIErrorCode | undefined;
}

/**
 * May a failed request be run once more? Only when that cannot run it twice, or when running it twice
 * is harmless:
 *
 * - the application refused it because it does not multiplex, so it was not run;
 * - nothing of it was sent before its connection closed;
 * - it is idempotent, and its connection was a kept one, which the application may close at any time.
 */
export function mayRepeat(attempt: FailedAttempt): boolean {
  if (attempt.repeated || attempt.answered || !attempt.bodyKept) return false;
  if (attempt.protocolStatus === ProtocolStatus.CantMpxConn) return attempt.multiplexed;
  if (attempt.code !== "FCGI_ERR_SOCKET") return false;
  return attempt.unsent || (attempt.idempotent && attempt.reused);
}
