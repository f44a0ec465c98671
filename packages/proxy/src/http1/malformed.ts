/** Why a request cannot be taken: the connection ends with it, since nobody knows where the next one would begin. */
export class Malformed {
  readonly status: number;
  /** For a developer; undefined where the status says it all. */
  readonly reason: string | undefined;

  constructor(status: number, reason?: string) {
    this.status = status;
    this.reason = reason;
  }
}

/** It did not come in time. */
export const TOO_SLOW: Malformed = new Malformed(408);
