/** How many clients are remembered beyond those whose allowance is not full: about 10 MiB of them. */
const MOST = 65_536;

/** Milliseconds that a request may come too early: sums of fractions are not exact. */
const SLACK = 1;

/** What is known of one client. */
export class Client {
  /** When its allowance is full again, in ms. */
  full: number;
  /** Requests that are being answered. */
  running = 0;

  constructor(now: number) {
    this.full = now;
  }

  /** A request of which was said that it is over runs on. */
  stay(): void {
    this.running++;
  }

  /** One of its requests is over. */
  leave(): void {
    this.running--;
  }
}

/** An allowance of `burst` requests, which gets `requests` for each `per`. */
export interface AllowanceRules {
  /** Infinity: any. */
  readonly requests: number;
  /** Milliseconds. */
  readonly per: number;
  readonly burst: number;
  /** Infinity: any. */
  readonly concurrent: number;
}

/**
 * Counts requests by client. Whoever has not come for as long as an empty allowance takes to fill is forgotten, since its allowance is full
 * anyway; of more clients than can be remembered, those that came first are.
 */
export class ClientTable {
  readonly #rules: AllowanceRules;
  readonly #most: number;
  /** Milliseconds that bring one request. */
  readonly #interval: number;
  /** Milliseconds in which an empty allowance fills. */
  readonly #life: number;
  // Two generations in place of one table from which single clients are taken.
  #current = new Map<string, Client>();
  #previous = new Map<string, Client>();
  #since = -Infinity;

  constructor(rules: AllowanceRules, most: number = MOST) {
    this.#rules = rules;
    this.#most = most;
    this.#interval = rules.per / rules.requests;
    this.#life = rules.requests === Infinity ? 1_000 : rules.burst * this.#interval;
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /**
   * Counts a request of a client.
   *
   * @param now in ms, of a monotonic clock
   * @returns the client, who is to leave in the end; or, when it is too much, the milliseconds after which it would not be
   */
  enter(key: string, now: number): Client | number {
    const { requests, concurrent } = this.#rules;
    const client = this.#find(key, now);
    if (client.running >= concurrent) return 1_000;
    if (requests !== Infinity) {
      const full = Math.max(client.full, now) + this.#interval;
      if (full - now > this.#life + SLACK) return full - now - this.#life;
      client.full = full;
    }
    client.running++;
    return client;
  }

  #find(key: string, now: number): Client {
    if (now - this.#since >= this.#life || this.#current.size >= this.#most) this.#age(now);
    let client = this.#current.get(key);
    if (client !== undefined) return client;
    client = this.#previous.get(key) ?? new Client(now);
    this.#current.set(key, client);
    return client;
  }

  #age(now: number): void {
    const before = this.#previous;
    this.#previous = this.#current;
    this.#current = new Map();
    this.#since = now;
    // Their requests still count.
    for (const [key, client] of before) if (client.running > 0) this.#previous.set(key, client);
  }
}
