import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";
import type { UpstreamConfig } from "./upstream-config.ts";

/** When an address is left out, and how it comes back. Times are milliseconds, or texts such as `"10s"`. */
export interface HealthConfig {
  /** Failures within `failTimeout`, no success between them, after which it is left out (nginx `max_fails`); 0: never. @default 3 */
  maxFails?: number | undefined;
  /** See `maxFails` (nginx `fail_timeout`). @default "10s" */
  failTimeout?: number | string | undefined;
  /** How long at first, 20 % more or less by chance; then one request finds out. Doubled each time that one fails. @default "1s" */
  backoff?: number | string | undefined;
  /** The longest time. @default "30s" */
  maxBackoff?: number | string | undefined;
  /** Time over which one that is back gets its full share and its full number of requests at once (nginx `slow_start`). @default "10s" */
  slowStart?: number | string | undefined;
}

/** A request that is sent to each address every now and then, on a connection of its own. Times as in {@link HealthConfig}. */
export interface CheckConfig {
  /** Asked for with GET: PHP-FPM's `ping.path`, or any. */
  path: string;
  /** Statuses that mean that it is well. @default 200 to 399 */
  status?: readonly number[] | undefined;
  /** From one check to the next, 20 % more or less by chance. @default "10s" */
  interval?: number | string | undefined;
  /** To connect, to the first byte, and between bytes. @default "2s" */
  timeout?: number | string | undefined;
  /** Checks in a row that must succeed before it takes requests again (HAProxy `rise`). @default 2 */
  rise?: number | undefined;
  /** Checks in a row that must fail before it is left out (HAProxy `fall`). @default 3 */
  fall?: number | undefined;
}

/** Milliseconds. */
export interface ResolvedHealth {
  /** 0: it is never left out. */
  readonly maxFails: number;
  /** The time in which failures count. */
  readonly failTimeout: number;
  /** The first time out. */
  readonly backoff: number;
  /** The longest time out. */
  readonly maxBackoff: number;
  /** From the recovery to the full share. */
  readonly slowStart: number;
}

/** Milliseconds. */
export interface ResolvedCheck {
  /** Begins with a slash. */
  readonly path: string;
  /** Empty: 200 to 399. */
  readonly status: readonly number[];
  /** From one check to the next. */
  readonly interval: number;
  /** For each step of one. */
  readonly timeout: number;
  /** Successes in a row. */
  readonly rise: number;
  /** Failures in a row. */
  readonly fall: number;
}

/** Fills in the defaults of `health` and `check`. */
export function expandHealth(
  expansion: Expansion,
  path: KeyPath,
  { health = {}, check }: UpstreamConfig,
): ResolvedHealth & { readonly check: ResolvedCheck | undefined } {
  const time = (key: "health" | "check", name: string, written: number | string | undefined, or: number): number =>
    expansion.duration([...path, key, name], written, or);
  if (check !== undefined && !check.path.startsWith("/"))
    expansion.problem([...path, "check", "path"], `must begin with a slash, as "/ping" does.`);
  return {
    maxFails: health.maxFails ?? 3,
    failTimeout: time("health", "failTimeout", health.failTimeout, 10_000),
    backoff: time("health", "backoff", health.backoff, 1_000),
    maxBackoff: time("health", "maxBackoff", health.maxBackoff, 30_000),
    slowStart: time("health", "slowStart", health.slowStart, 10_000),
    check: check && {
      path: check.path,
      status: check.status ?? [],
      interval: time("check", "interval", check.interval, 10_000),
      timeout: time("check", "timeout", check.timeout, 2_000),
      rise: check.rise ?? 2,
      fall: check.fall ?? 3,
    },
  };
}
