import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** Milliseconds between two looks: what was seen holds so long. */
const EVERY = 1_000;

/** Milliseconds that a lag is measured over: one long turn alone does not make a program late. */
const WINDOW = 5_000;

/** Milliseconds between two measurements of the lag. */
const RESOLUTION = 20;

/** Share of the heap that V8 may have, from which on there is no more work to take in. */
const HEAP = 0.85;

/** What a program knows of itself. */
export interface StrainSource {
  /** Milliseconds, of a clock that never goes back. */
  now(): number;
  /** Used share of the heap that V8 may have. */
  heap(): number;
  /** Milliseconds that 99 of 100 turns of the event loop are not later than, since `restart`. */
  lag(): number;
  restart(): void;
  close(): void;
}

/** Says whether the program is strained so much that a request would wait long and bring it down (Envoy's overload manager). */
export class Strain {
  readonly #limit: number;
  readonly #source: StrainSource;
  #lookAt: number;
  #restartAt: number;
  #reason: string | undefined;

  /** @param lag milliseconds that the event loop may be late; Infinity: any */
  constructor(lag: number, source: StrainSource = ofProcess(lag)) {
    this.#limit = lag;
    this.#source = source;
    const now = source.now();
    this.#lookAt = now + EVERY;
    this.#restartAt = now + WINDOW;
  }

  /** Why nothing more is taken in, if so. Cheap: it looks once a second. */
  get reason(): string | undefined {
    const now = this.#source.now();
    if (now < this.#lookAt) return this.#reason;
    this.#lookAt = now + EVERY;
    this.#reason = this.#look();
    if (now >= this.#restartAt) {
      this.#restartAt = now + WINDOW;
      this.#source.restart();
    }
    return this.#reason;
  }

  /** It is not asked any more. */
  close(): void {
    this.#source.close();
  }

  #look(): string | undefined {
    const heap = this.#source.heap();
    if (heap > HEAP)
      return `The program uses ${Math.round(heap * 100)} % of the memory that V8 may have: give it more by NODE_OPTIONS=--max-old-space-size, in MiB.`;
    const lag = this.#limit === Infinity ? 0 : this.#source.lag();
    if (lag > this.#limit) return `The program is ${Math.round(lag)} ms late, the limit is limits.lag.`;
    return undefined;
  }
}

function ofProcess(limit: number): StrainSource {
  const delay = limit === Infinity ? undefined : monitorEventLoopDelay({ resolution: RESOLUTION });
  delay?.enable();
  return {
    now: () => performance.now(),
    heap() {
      const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
      return used / limit;
    },
    // What is counted is the time from one look to the next.
    lag: () => (delay?.percentile(99) ?? 0) / 1e6 - RESOLUTION,
    restart: () => void delay?.reset(),
    close: () => void delay?.disable(),
  };
}
