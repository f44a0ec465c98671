/**
 * Keeps retries from making a bad time worse: at most a share of the requests of the last ten seconds (Envoy's retry
 * budget), and a few in any case.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #least: number;
  readonly #clock: () => number;
  readonly #requests = new Float64Array(SECONDS);
  readonly #retries = new Float64Array(SECONDS);
  #second: number;

  constructor(ratio: number, least: number, clock: () => number) {
    this.#ratio = ratio;
    this.#least = least;
    this.#clock = clock;
    this.#second = Math.floor(clock() / 1_000);
  }

  /** One more request. */
  count(): void {
    this.#advance();
    this.#requests[this.#second % SECONDS]!++;
  }

  /** May one more be run again? It is counted then. */
  take(): boolean {
    this.#advance();
    if (sum(this.#retries) >= Math.max(this.#least, Math.floor(sum(this.#requests) * this.#ratio))) return false;
    this.#retries[this.#second % SECONDS]!++;
    return true;
  }

  #advance(): void {
    const second = Math.floor(this.#clock() / 1_000);
    const steps = Math.min(second - this.#second, SECONDS);
    for (let step = 1; step <= steps; step++) {
      this.#requests[(this.#second + step) % SECONDS] = 0;
      this.#retries[(this.#second + step) % SECONDS] = 0;
    }
    this.#second = Math.max(second, this.#second);
  }
}

const SECONDS = 10;

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
