import type { LookupFunction } from "node:net";

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
   * Asks the application how many requests it runs at once and whether it multiplexes (FCGI_GET_VALUES), on a connection of its
   * own, at the first request and every minute of use. What it says counts up to what `capacity` and `multiplex` (then 32 by
   * default) say. Until it has answered, and when it does not: as if nothing were known. PHP-FPM does not tell; see `statusPath`.
   *
   * @default false
   */
  learn?: boolean | undefined;
  /**
   * PHP-FPM's `pm.status_path`, such as `"/status"`: asked at the first request and every ten seconds of use. With `pm = static` it
   * tells how many processes there are; with any other, once all that are allowed were busy.
   *
   * @default none
   */
  statusPath?: string | undefined;
  /**
   * Try again while nobody listens (ENOENT, ECONNREFUSED) until `connectTimeout`, as for a full backlog in any case: for an
   * application that is just being started.
   *
   * @default false
   */
  waitForStart?: boolean | undefined;
  /**
   * Resolves the host of a `tcp://` address, as `dns.lookup` does. It is asked for each connection anew, once a second at most; when
   * it fails, its last good answer serves for five minutes.
   *
   * @default dns.lookup
   */
  lookup?: LookupFunction | undefined;
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
  /**
   * Bytes that are held for a paused consumer whose request shares a connection, so that the others are served meanwhile.
   * Beyond them the connection is not read, and all on it wait: a stall.
   *
   * @default 65536
   */
  streamBuffer?: number | undefined;
  /**
   * ms that a stall may last; then the request that causes it fails with `FCGI_ERR_BODY_TIMEOUT`. 0 for any time.
   *
   * @default 10000
   */
  stallTimeout?: number | undefined;
}

/** {@link PoolOptions}, checked, with defaults filled in. */
export interface PoolSettings extends PoolCapacity, DispatchDefaults {
  queue: number;
  learn: boolean;
  statusPath: string | undefined;
  waitForStart: boolean;
  lookup: LookupFunction | undefined;
}

/** Requests at once on one connection of an application that says it multiplexes, unless `multiplex` is given. */
const MOST_LEARNED = 32;

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an option that is not a number of its kind */
export function poolSettings(options: PoolOptions): PoolSettings {
  const { statusPath } = options;
  if (statusPath !== undefined && (typeof statusPath !== "string" || !/^\/[^?#]*$/.test(statusPath))) {
    const message = `statusPath is a path such as "/status", not ${JSON.stringify(statusPath)}.`;
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
  }
  return {
    capacity: count("capacity", options.capacity, 1),
    multiplex: count("multiplex", options.multiplex, 1) ?? (options.learn === true ? MOST_LEARNED : 1),
    connections: count("connections", options.connections, 1),
    learn: options.learn ?? false,
    statusPath,
    waitForStart: options.waitForStart ?? false,
    lookup: options.lookup,
    queue: count("queue", options.queue, 0) ?? 256,
    maxStderrBytes: count("maxStderrBytes", options.maxStderrBytes, 0) ?? 65_536,
    streamBuffer: count("streamBuffer", options.streamBuffer, 0) ?? 65_536,
    stallTimeout: milliseconds("stallTimeout", options.stallTimeout ?? 10_000),
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
