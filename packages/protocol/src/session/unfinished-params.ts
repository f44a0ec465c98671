import { FastCGIError } from "../errors.ts";
import type { ParamsCollector } from "../params.ts";

/** The requests of one connection whose PARAMS are not complete, and the bytes held for them. */
export class UnfinishedParams {
  readonly #most: number;
  #requests = 0;
  #bytes = 0;

  /** @param most bytes of all of them together */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many there are. */
  get requests(): number {
    return this.#requests;
  }

  /** The params of one more request will come. */
  begin(): void {
    this.#requests++;
  }

  /** @throws FastCGIError `FCGI_ERR_PARAMS_OVERFLOW` for a request's own limit, or that of all together */
  push(params: ParamsCollector, chunk: Uint8Array, start: number, end: number): void {
    params.push(chunk, start, end);
    this.#bytes += end - start;
    if (this.#bytes <= this.#most) return;
    throw new FastCGIError(
      "FCGI_ERR_PARAMS_OVERFLOW",
      `The params of the unfinished requests on one connection exceed ${this.#most} bytes.`,
      { phase: "protocol" },
    );
  }

  /** The params of a request are complete, or given up. */
  end(params: ParamsCollector): void {
    this.#requests--;
    this.#bytes -= params.size;
  }
}
