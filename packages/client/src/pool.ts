import { parseApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { findTooLargeParam, planDispatch } from "./dispatch-plan.ts";
import { Dispatch } from "./dispatch.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatchController, DispatcherStats, DispatchHandler, DispatchOptions } from "./dispatcher.ts";
import { copyOf } from "./pool-errors.ts";
import { poolSettings } from "./pool-options.ts";
import type { PoolOptions, PoolSettings } from "./pool-options.ts";
import { processRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import { scgiPlan } from "./scgi-session.ts";
import { Scheduler } from "./scheduler.ts";

/** What a {@link Pool} is doing. */
export interface PoolStats extends DispatcherStats {
  /** The application, in the canonical form. */
  address: string;
  /** Connections that are open, idle ones included. */
  connections: number;
  /** Connections that are being opened. */
  connecting: number;
  /** Connections on which nothing runs. */
  idle: number;
  /** Connections ever opened. */
  opened: number;
  /** Requests that began on a connection which had served others. */
  reused: number;
  /** Requests at once on one connection: as configured, or 1 since the application refused more. */
  multiplex: number;
  /** How often a slow consumer has stopped others on its connection (head-of-line blocking). */
  stalls: number;
  /** For how many ms in all. */
  stallTime: number;
}

/**
 * All connections to one application. Requests beyond what it can take wait, first come first served.
 *
 * @example
 * const php = new Pool("unix:/run/php/php-fpm.sock", { capacity: 5 });
 */
export class Pool extends Dispatcher {
  readonly #settings: PoolSettings;
  readonly #scheduler: Scheduler;

  /**
   * @param address `unix:/run/app.sock`, `unix:@abstract`, `tcp://host:9000` or `tcp://[::1]:9000`; each with
   * `scgi+` before it for an application that speaks SCGI
   * @param runtime for tests: a clock and read buffers of their own
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`
   */
  constructor(address: string, options: PoolOptions = {}, runtime: Runtime = processRuntime) {
    super();
    this.#settings = poolSettings(options);
    this.#scheduler = new Scheduler(parseApplicationAddress(address), this.#settings, runtime);
  }

  /** The application, in the canonical form. */
  get address(): string {
    return this.#scheduler.address;
  }

  /** Requests that it runs at once: the capacity, as far as the options leave it. */
  get maxActive(): number {
    return this.#scheduler.maxActive;
  }

  /** What it is doing now: a snapshot, made anew at each call. */
  override get stats(): PoolStats {
    const { address, active, queued, connections, opened, reused, multiplex } = this.#scheduler;
    const { open, connecting, idle } = connections;
    return {
      address,
      active,
      queued,
      connections: open,
      connecting,
      idle,
      opened,
      reused,
      multiplex,
      ...this.#scheduler.stalls,
    };
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    const scgi = this.#scheduler.protocol === "scgi";
    const planned = planDispatch(options, this.#settings);
    const plan = scgi ? scgiPlan(planned) : planned;
    const dispatch = new Dispatch(this.#scheduler, plan, handler);
    const obstacle =
      this.#scheduler.ending ??
      abortedBefore(plan.signal) ??
      (scgi ? undefined : findTooLargeParam(plan)) ??
      this.#scheduler.add(dispatch);
    // Told after the return, when the caller has the controller.
    if (obstacle !== undefined) process.nextTick(() => dispatch.fail(copyOf(obstacle)));
    return dispatch;
  }

  override async close(): Promise<void> {
    await this.#scheduler.close();
  }

  override async destroy(error?: Error): Promise<void> {
    await this.#scheduler.destroy(error);
  }
}

function abortedBefore(signal: AbortSignal | undefined): FastCGIError | undefined {
  if (signal?.aborted !== true) return undefined;
  return new FastCGIError("FCGI_ERR_ABORTED", "The request was aborted before it began.", {
    cause: signal.reason,
    phase: "queue",
  });
}
