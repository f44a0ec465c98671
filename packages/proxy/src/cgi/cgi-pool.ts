import type { BodySource, DispatchController, DispatchHandler } from "@x/client";
import { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import { timers } from "../timers.ts";
import { type CgiCommand, CgiRun, type RunOwner } from "./cgi-run.ts";

/** Requests of a route that may wait for a place. */
const QUEUE = 256;

/** The programs of one route: so many at once, the others wait. */
export class CgiPool implements RunOwner {
  readonly #concurrency: number;
  readonly #queueTimeout: number;
  readonly #running = new Set<CgiRun>();
  #waiting: { readonly run: CgiRun; readonly timer: Timer | undefined }[] = [];
  #closed = false;
  #onIdle: (() => void)[] = [];

  /** @param queueTimeout milliseconds; 0: any */
  constructor(concurrency: number, queueTimeout: number) {
    this.#concurrency = concurrency;
    this.#queueTimeout = queueTimeout;
  }

  /** Starts a program, or lets it wait. Failures go to `handler.onError`, never before this returns. */
  dispatch(
    command: CgiCommand,
    body: Uint8Array | BodySource | undefined,
    handler: DispatchHandler,
    address: string,
  ): DispatchController {
    const run = new CgiRun(this, command, body, handler, address);
    if (this.#closed) later(run, new FastCGIError("FCGI_ERR_CLOSED", "The server is going down."));
    else if (this.#running.size < this.#concurrency) this.#begin(run);
    else if (this.#waiting.length >= QUEUE)
      later(run, new FastCGIError("FCGI_ERR_QUEUE_FULL", `${QUEUE} requests wait for a program already.`));
    else this.#waiting.push({ run, timer: this.#timer(run) });
    return run;
  }

  onOver(run: CgiRun): void {
    this.#running.delete(run);
    const next = this.#running.size < this.#concurrency ? this.#waiting.shift() : undefined;
    if (next !== undefined) {
      if (next.timer !== undefined) timers.cancel(next.timer);
      this.#begin(next.run);
    } else if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  leave(run: CgiRun): void {
    this.#waiting = this.#waiting.filter((entry) => {
      if (entry.run === run && entry.timer !== undefined) timers.cancel(entry.timer);
      return entry.run !== run;
    });
  }

  /** Ends all programs, and resolves when they have ended. */
  async destroy(error?: Error): Promise<void> {
    this.#closed = true;
    for (const run of [...this.#waiting.map((entry) => entry.run), ...this.#running]) {
      run.fail(FastCGIError.from(error ?? new Error("The server is going down."), "FCGI_ERR_DESTROYED"));
    }
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #begin(run: CgiRun): void {
    this.#running.add(run);
    run.begin();
  }

  #timer(run: CgiRun): Timer | undefined {
    const limit = this.#queueTimeout;
    if (limit === 0) return undefined;
    const message = `No place became free within ${limit} ms: ${this.#concurrency} programs of the route run (cgi.concurrency).`;
    return timers.schedule(limit, () => run.fail(new FastCGIError("FCGI_ERR_QUEUE_TIMEOUT", message)));
  }
}

function later(run: CgiRun, error: FastCGIError): void {
  queueMicrotask(() => run.fail(error));
}
