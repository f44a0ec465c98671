import { Dispatcher } from "./dispatcher.ts";
import type { DispatchController, DispatchHandler, DispatchOptions } from "./dispatcher.ts";
import type { PoolOptions } from "./pool-options.ts";
import { Pool } from "./pool.ts";
import type { PoolStats } from "./pool.ts";
import { processRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";

/** How a {@link Client} uses its application: a {@link PoolOptions} without what one connection decides. */
export type ClientOptions = Omit<PoolOptions, "capacity" | "connections">;

/**
 * One connection to one application, opened when there is a request, kept for the next one, opened anew when the
 * application has closed it. Requests beyond `multiplex` wait, first come first served: with the default of 1 they run
 * one after the other.
 *
 * For a tool, a test, or an application that multiplexes everything over one connection; a {@link Pool} for the rest.
 *
 * @example
 * const app = new Client("unix:/run/app.sock", { multiplex: 32 });
 */
export class Client extends Dispatcher {
  readonly #pool: Pool;

  /**
   * @param address as for {@link Pool}
   * @param runtime for tests: a clock and read buffers of their own
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`
   */
  constructor(address: string, options: ClientOptions = {}, runtime: Runtime = processRuntime) {
    super();
    const capacity = options.multiplex ?? 1;
    this.#pool = new Pool(address, { ...options, capacity, connections: 1 }, runtime);
  }

  /** The application, in the canonical form. */
  get address(): string {
    return this.#pool.address;
  }

  override get stats(): PoolStats {
    return this.#pool.stats;
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    return this.#pool.dispatch(options, handler);
  }

  override close(): Promise<void> {
    return this.#pool.close();
  }

  override destroy(error?: Error): Promise<void> {
    return this.#pool.destroy(error);
  }
}
