/** When a peer is left out, and how it comes back. Times in ms. */
export interface HealthOptions {
  /**
   * Failures within `failTimeout`, no success between them, after which the peer is left out (nginx `max_fails`); 0: never.
   *
   * @default 3
   */
  maxFails?: number | undefined;
  /**
   * @default 10000
   */
  failTimeout?: number | undefined;
  /**
   * The first time out; doubled each time it fails again, up to `maxBackoff`, and 20 % more or less by chance.
   *
   * @default 1000
   */
  backoff?: number | undefined;
  /** @default 30000 */
  maxBackoff?: number | undefined;
  /**
   * Time over which a peer that has recovered gets its full share, and its full number of requests at once (HAProxy
   * `slowstart`); 0: at once. At the start only for one that was added `slowly`.
   *
   * @default 10000
   */
  slowStart?: number | undefined;
}

/** `probing`: one request finds out whether it is back. `down`: active checks fail. */
export type PeerState = "healthy" | "ejected" | "probing" | "down";

/** {@link HealthOptions}, with defaults filled in. */
export type HealthSettings = Required<{ [Name in keyof HealthOptions]: number }>;

/** How a {@link PeerHealth} is made. */
export interface PeerHealthOptions {
  options: HealthSettings;
  /** Does it begin as one that has just recovered? @default false */
  recovering?: boolean;
  /** Monotonic, ms. */
  clock: () => number;
  random: () => number;
  onChange(state: PeerState): void;
}

/** ±20 %. */
const JITTER = 0.2;

/** The least share of a peer that starts slowly: a weight of 0 would never be picked. */
const LEAST_SHARE = 0.05;

/**
 * What is known of one peer's health. Requests tell what became of them; time out grows while it fails, and one request
 * alone finds out whether it is back.
 */
export class PeerHealth {
  readonly #options: HealthSettings;
  readonly #clock: () => number;
  readonly #random: () => number;
  readonly #onChange: (state: PeerState) => void;
  #state: PeerState = "healthy";
  /** When it failed, since the last success. */
  #fails: number[] = [];
  /** Ejections in a row. */
  #level = 0;
  #until = 0;
  #recoveredAt = -Infinity;
  /** Raised by each change: what began before it says nothing about now. */
  #epoch = 0;

  constructor({ options, recovering = false, clock, random, onChange }: PeerHealthOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#onChange = onChange;
    if (recovering) this.#recoveredAt = clock();
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Failures since the last success that count still. */
  get fails(): number {
    const since = this.#clock() - this.#options.failTimeout;
    return this.#fails.filter((time) => time > since).length;
  }

  /** May it get a request: is it healthy, or is it time for the one that finds out? */
  get admits(): boolean {
    if (this.#state === "healthy") return true;
    return this.#state === "ejected" && this.#clock() >= this.#until;
  }

  /** The share that it gets of what it would get: less than 1 after a recovery. */
  get share(): number {
    const { slowStart } = this.#options;
    const time = this.#clock() - this.#recoveredAt;
    if (time >= slowStart) return 1;
    return Math.max(LEAST_SHARE, time / slowStart);
  }

  /** A request goes there. @returns what to say with its end */
  begin(): number {
    if (this.#state === "ejected" && this.admits) this.#change("probing");
    return this.#epoch;
  }

  /** The request that began at `epoch` was served. */
  succeed(epoch: number): void {
    if (epoch !== this.#epoch) return;
    if (this.#state === "healthy") {
      this.#fails.length = 0;
      return;
    }
    if (this.#state === "down") return;
    this.#recover();
  }

  /** The request that began at `epoch` failed, by the peer's fault. */
  fail(epoch: number): void {
    if (epoch !== this.#epoch) return;
    if (this.#state === "probing") return this.#eject();
    if (this.#state !== "healthy" || this.#options.maxFails === 0) return;
    const now = this.#clock();
    this.#fails.push(now);
    if (this.#fails.length > this.#options.maxFails) this.#fails.shift();
    if (this.fails >= this.#options.maxFails) this.#eject();
  }

  /** The request that began at `epoch` ended without saying anything about the peer: it was aborted, for one. */
  forget(epoch: number): void {
    if (epoch !== this.#epoch || this.#state !== "probing") return;
    // The next request finds out.
    this.#change("ejected");
    this.#until = this.#clock();
  }

  /** What active checks have found. */
  check(up: boolean): void {
    if (up && this.#state !== "healthy") this.#recover();
    else if (!up && this.#state !== "down") this.#change("down");
  }

  #eject(): void {
    const { backoff, maxBackoff, failTimeout } = this.#options;
    const now = this.#clock();
    // Once it has held out for longer than it was out, its past is forgotten.
    const lastOut = this.#level === 0 ? 0 : Math.min(backoff * 2 ** (this.#level - 1), maxBackoff);
    if (this.#state === "healthy" && now - this.#recoveredAt > lastOut + failTimeout) this.#level = 0;
    const time = Math.min(backoff * 2 ** this.#level, maxBackoff);
    this.#level++;
    this.#until = now + time * (1 + JITTER * (2 * this.#random() - 1));
    this.#change("ejected");
  }

  #recover(): void {
    this.#recoveredAt = this.#clock();
    this.#change("healthy");
  }

  #change(state: PeerState): void {
    this.#state = state;
    this.#fails.length = 0;
    this.#epoch++;
    this.#onChange(state);
  }
}
