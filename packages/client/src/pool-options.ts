import { FastCGIError } from "@x/protocol/errors";

import { milliseconds } from "./dispatch-plan.ts";
import type { DispatchDefaults } from "./dispatch-plan.ts";
import type { RequestTimeouts } from "./dispatcher.ts";
import type { PoolCapacity } from "./pool-shape.ts";

/** How a `Pool` uses its application. The timeouts hold for each request that has none of its own. */
export interface PoolOptions extends RequestTimeouts {
  /**
   * Requests that the application runs at once: `pm.max_children` of PHP-FPM, `PHP_FCGI_CHILDREN` of
   * php-cgi. Connections are kept for further requests only when it is known.
   *
   * @default unknown: one request a connection, 32 at once
   */
  capacity?: number | undefined;
  /**
   * Requests at once on one connection. PHP takes 1; Go, libraries for threads and `@x/responder` more.
   *
   * @default 1
   */
  multiplex?: number | undefined;
  /**
   * Connections at once.
   *
   * @default `capacity` divided by `multiplex`, rounded up; 1 when only `multiplex` is given
   */
  connections?: number | undefined;
  /**
   * Requests that may wait; one more fails with `FCGI_ERR_QUEUE_FULL`.
   *
   * @default 256
   */
  queue?: number | undefined;
  /**
   * Bytes of each request's stderr that are kept for its error: the last ones.
   *
   * @default 65536
   */
  maxStderrBytes?: number | undefined;
}

/** {@link PoolOptions}, checked, with defaults filled in. */
export interface PoolSettings extends PoolCapacity, DispatchDefaults {
  queue: number;
}

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an option that is not a number of its kind */
export function poolSettings(options: PoolOptions): PoolSettings {
  return {
    capacity: count("capacity", options.capacity, 1),
    multiplex: count("multiplex", options.multiplex, 1) ?? 1,
    connections: count("connections", options.connections, 1),
    queue: count("queue", options.queue, 0) ?? 256,
    maxStderrBytes: count("maxStderrBytes", options.maxStderrBytes, 0) ?? 65_536,
    connectTimeout: milliseconds("connectTimeout", options.connectTimeout ?? 2_000),
    queueTimeout: milliseconds("queueTimeout", options.queueTimeout ?? 5_000),
    headersTimeout: milliseconds("headersTimeout", options.headersTimeout ?? 60_000),
    bodyTimeout: milliseconds("bodyTimeout", options.bodyTimeout ?? 60_000),
    sendTimeout: milliseconds("sendTimeout", options.sendTimeout ?? 30_000),
    timeout: milliseconds("timeout", options.timeout ?? 0),
  };
}

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` */
export function count(name: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return value;
  throw new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `${name} is a whole number of at least ${least}, not ${String(value)}.`,
  );
}
