/** A request that the gateway itself answers with an error status. A value, not an `Error`: whoever sends nonsense gets no stack trace made. */
export class Refusal {
  readonly status: number;
  /** What a developer reads: what is wrong and, for a limit, its name. */
  readonly reason: string;
  /** More headers of the answer, names and values in turn. */
  readonly rawHeaders: readonly string[];

  constructor(status: number, reason: string, rawHeaders: readonly string[] = []) {
    this.status = status;
    this.reason = reason;
    this.rawHeaders = rawHeaders;
  }
}

/** Nobody gets this path, and only a developer learns that it is denied. */
export function deniedPath(reason: string): Refusal {
  return new Refusal(404, `The path is denied: ${reason}.`);
}
