import { readCapabilities } from "@x/protocol";
import { formatApplicationAddress } from "@x/protocol/address";
import type { Address, ApplicationAddress } from "@x/protocol/address";

import { getValues } from "./get-values.ts";
import { pathParams } from "./path-params.ts";
import type { PoolSettings } from "./pool-options.ts";
import type { PoolCapacity } from "./pool-shape.ts";
import { Pool } from "./pool.ts";
import type { Runtime } from "./runtime.ts";

/** Asks an application how much it takes, now and then while it is used. */
export interface CapacityLearner {
  /** It is used: time to ask? */
  touch(): void;
  /** It may have been started anew: what it said does not hold. */
  forget(): void;
  stop(): void;
}

/** What an application can be asked. It returns undefined for "says nothing". */
type Question = (signal: AbortSignal) => Promise<PoolCapacity | undefined>;

/** ms for an answer: it may wait for a process, behind requests. */
const ANSWER_TIME = 3_000;
const VALUES_INTERVAL = 60_000;
const STATUS_INTERVAL = 10_000;
/** ms after which one that did not answer may be asked again. */
const RETRY_INTERVAL = 10_000;

/** @returns undefined when the settings say that there is nothing to learn */
export function createLearner(
  application: ApplicationAddress,
  settings: PoolSettings,
  runtime: Runtime,
  onLearned: (capacity: PoolCapacity) => void,
): CapacityLearner | undefined {
  if (application.protocol === "scgi") return undefined;
  if (settings.statusPath !== undefined) {
    const question = statusQuestion(formatApplicationAddress(application), settings.statusPath, settings, runtime);
    return new Learner(question, STATUS_INTERVAL, settings, runtime, onLearned);
  }
  if (!settings.learn) return undefined;
  return new Learner(
    valuesQuestion(application.address, settings, runtime),
    VALUES_INTERVAL,
    settings,
    runtime,
    onLearned,
  );
}

class Learner implements CapacityLearner {
  readonly #question: Question;
  readonly #interval: number;
  readonly #unlearned: PoolCapacity;
  readonly #runtime: Runtime;
  readonly #onLearned: (capacity: PoolCapacity) => void;
  readonly #stopping = new AbortController();
  #askAt = -Infinity;
  #asking = false;

  constructor(
    question: Question,
    interval: number,
    settings: PoolSettings,
    runtime: Runtime,
    onLearned: (capacity: PoolCapacity) => void,
  ) {
    this.#question = question;
    this.#interval = interval;
    const { capacity, multiplex, connections, learn } = settings;
    this.#unlearned = { capacity, multiplex: learn ? 1 : multiplex, connections };
    this.#runtime = runtime;
    this.#onLearned = onLearned;
  }

  touch(): void {
    // The time of the last tick will do, and costs nothing.
    if (this.#asking || this.#runtime.timeouts.now < this.#askAt) return;
    void this.#ask();
  }

  forget(): void {
    if (!this.#asking) this.#askAt = Math.min(this.#askAt, this.#runtime.timeouts.clock() + ANSWER_TIME);
  }

  stop(): void {
    this.#stopping.abort();
    this.#askAt = Infinity;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    let learned: PoolCapacity | undefined;
    try {
      learned = await this.#question(this.#stopping.signal);
    } catch {
      // Requests tell better what is wrong.
    }
    this.#asking = false;
    if (this.#stopping.signal.aborted) return;
    this.#askAt = this.#runtime.timeouts.clock() + (learned === undefined ? RETRY_INTERVAL : this.#interval);
    this.#onLearned(learned ?? this.#unlearned);
  }
}

/** FastCGI 1.0 §4.1. */
function valuesQuestion(address: Address, settings: PoolSettings, runtime: Runtime): Question {
  const { capacity, multiplex, connections } = settings;
  return async (signal) => {
    const answer = await getValues(address, ANSWER_TIME, runtime, signal);
    if (answer.kind === "silent") return undefined;
    const { maxConns, maxReqs, multiplexes } = readCapabilities(answer.kind === "values" ? answer.values : undefined);
    if (multiplexes) {
      const most = Math.min(multiplex, maxReqs ?? multiplex);
      return { capacity: least(capacity, maxReqs), multiplex: most, connections: least(connections, maxConns) };
    }
    // One that says 1 speaks for its own process alone, and others may listen on the same socket (libfcgi).
    const processes = maxReqs === 1 ? undefined : least(maxReqs, maxConns);
    return { capacity: least(capacity, processes), multiplex: 1, connections };
  };
}

/** `pm.status_path?json` of PHP-FPM, on a connection that is closed at once: an idle one holds a process. */
function statusQuestion(address: string, path: string, settings: PoolSettings, runtime: Runtime): Question {
  const { capacity, connections } = settings;
  return async (signal) => {
    const pool = new Pool(address, { headersTimeout: ANSWER_TIME, bodyTimeout: ANSWER_TIME }, runtime);
    try {
      const { body } = await pool.request({ params: pathParams(`${path}?json`), reuse: false, signal });
      const processes = readProcesses(await body.json());
      return { capacity: least(capacity, processes), multiplex: 1, connections };
    } finally {
      void pool.destroy();
    }
  };
}

/** How many processes there are at most, as far as PHP-FPM tells. */
export function readProcesses(status: unknown): number | undefined {
  if (typeof status !== "object" || status === null) return undefined;
  const fields = status as Record<string, unknown>;
  if (fields["process manager"] === "static") return positive(fields["total processes"]);
  return positive(fields["max children reached"]) === undefined ? undefined : positive(fields["max active processes"]);
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : Math.min(one, other);
}
