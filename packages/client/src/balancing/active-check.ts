import type { ParamsInput } from "@x/protocol";
import type { Timer } from "@x/protocol/timers";

import { Pool } from "../pool.ts";
import type { Runtime } from "../runtime.ts";

/** A request that finds out, every now and then, whether a peer is there. Times in ms. */
export interface CheckOptions {
  /** PHP-FPM's `ping.path`, or any path: asked for with GET. */
  path?: string | undefined;
  /** The params of the request, instead of those that `path` makes. */
  params?: ParamsInput | undefined;
  /**
   * Status codes that mean that it is well.
   *
   * @default 200 to 399
   */
  expectStatus?: ((statusCode: number) => boolean) | undefined;
  /**
   * From one check to the next, 20 % more or less by chance.
   *
   * @default 10000
   */
  interval?: number | undefined;
  /**
   * For one check: to connect, to the first byte, and between bytes.
   *
   * @default 2000
   */
  timeout?: number | undefined;
  /**
   * Successes in a row after which a peer that is down is back (HAProxy `rise`).
   *
   * @default 2
   */
  rise?: number | undefined;
  /**
   * Failures in a row after which a peer is down (HAProxy `fall`).
   *
   * @default 3
   */
  fall?: number | undefined;
}

/** {@link CheckOptions}, checked, with defaults filled in. */
export interface CheckSettings {
  params: ParamsInput;
  expectStatus: (statusCode: number) => boolean;
  interval: number;
  timeout: number;
  rise: number;
  fall: number;
}

/** ±20 %, so that the checks of many peers and many proxies do not meet. */
const JITTER = 0.2;

/** Asks one peer how it is, on a connection of its own each time: an idle one would hold a process of PHP. */
export class ActiveCheck {
  readonly #settings: CheckSettings;
  readonly #runtime: Runtime;
  readonly #random: () => number;
  readonly #onResult: (up: boolean) => void;
  readonly #pool: Pool;
  #timer: Timer | undefined;
  #successes = 0;
  #failures = 0;
  #stopped = false;

  /** @param onResult called when `rise` or `fall` checks in a row agree */
  constructor(
    address: string,
    settings: CheckSettings,
    runtime: Runtime,
    random: () => number,
    onResult: (up: boolean) => void,
  ) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#random = random;
    this.#onResult = onResult;
    const { timeout } = settings;
    this.#pool = new Pool(address, { connectTimeout: timeout, headersTimeout: timeout, bodyTimeout: timeout }, runtime);
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#runtime.timeouts.cancel(this.#timer);
    void this.#pool.destroy();
  }

  #plan(): void {
    const time = this.#settings.interval * (1 + JITTER * (2 * this.#random() - 1));
    this.#timer = this.#runtime.timeouts.schedule(time, () => void this.#check());
  }

  async #check(): Promise<void> {
    const up = await this.#ask();
    if (this.#stopped) return;
    this.#successes = up ? this.#successes + 1 : 0;
    this.#failures = up ? 0 : this.#failures + 1;
    if (this.#successes === this.#settings.rise) this.#onResult(true);
    if (this.#failures === this.#settings.fall) this.#onResult(false);
    this.#plan();
  }

  async #ask(): Promise<boolean> {
    const { params, expectStatus } = this.#settings;
    try {
      const { statusCode, body, ended } = await this.#pool.request({ params, reuse: false });
      body.resume();
      await ended;
      return expectStatus(statusCode);
    } catch {
      return false;
    }
  }
}
