import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How an ordinary client fared. */
export interface GoodClientResult {
  /** ms */
  median: number;
  /** ms */
  slowest: number;
  failures: number;
}

/** A client that asks for a small page twenty times a second, on a connection that is kept. */
export class GoodClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #times: number[] = [];
  #failures = 0;
  #running = true;
  readonly #ended: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#ended = this.#run();
  }

  async stop(): Promise<GoodClientResult> {
    this.#running = false;
    await this.#ended;
    this.#agent.destroy();
    const sorted = this.#times.toSorted((one, other) => one - other);
    return { median: sorted[sorted.length >> 1] ?? 0, slowest: sorted.at(-1) ?? 0, failures: this.#failures };
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const began = performance.now();
      const fine = await this.#ask();
      if (fine) this.#times.push(performance.now() - began);
      else this.#failures++;
      await delay(50);
    }
  }

  #ask(): Promise<boolean> {
    return new Promise((resolve) => {
      get(this.#url, { agent: this.#agent }, (response) => {
        response.resume().on("close", () => resolve(response.statusCode === 200 && response.complete));
      }).on("error", () => resolve(false));
    });
  }
}
