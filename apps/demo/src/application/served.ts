/** What one process says about itself: the same as PHP-FPM tells of its workers. */
export interface ProcessFacts {
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
  /** Served by this process, the running one included. */
  readonly requests: number;
}

/** Counts the requests of this process. */
export class Served {
  readonly #since = new Date().toISOString();
  #requests = 0;

  /** To be called for each request. */
  count(): void {
    this.#requests++;
  }

  get facts(): ProcessFacts {
    return { pid: process.pid, since: this.#since, requests: this.#requests };
  }
}
