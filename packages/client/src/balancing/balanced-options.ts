import { FastCGIError } from "@x/protocol/errors";

import { milliseconds } from "../dispatch-plan.ts";
import { pathParams } from "../path-params.ts";
import { count } from "../pool-options.ts";
import type { PoolOptions } from "../pool-options.ts";
import type { CheckOptions, CheckSettings } from "./active-check.ts";
import type { HealthOptions, HealthSettings } from "./peer-health.ts";
import { toPolicy } from "./policies.ts";
import type { PolicyName } from "./policies.ts";
import type { Policy } from "./policy.ts";

/** One address of a `BalancedPool`. What is not said here is as the pool's options say. */
export interface PeerOptions extends PoolOptions {
  /** Address text, such as `unix:/run/app.sock` or `tcp://10.0.0.1:9000`. */
  address: string;
  /**
   * Its share, in proportion to those of the others.
   *
   * @default 1
   */
  weight?: number | undefined;
  /**
   * Is it for when all others are down?
   *
   * @default false
   */
  backup?: boolean | undefined;
  /**
   * Does it begin as one that has just recovered, with a share that grows for the time of `slowStart`? For an application that was
   * started a moment ago and has nothing in its caches yet.
   *
   * @default false
   */
  slowly?: boolean | undefined;
}

/** How a `BalancedPool` uses its addresses; capacity, multiplex and connections are those of one address. */
export interface BalancedPoolOptions extends PoolOptions, HealthOptions {
  /**
   * Who gets the next request.
   *
   * @default "round-robin"
   */
  policy?: Policy | PolicyName | undefined;
  /**
   * Asks each address how it is, besides what its requests tell.
   *
   * @default none
   */
  check?: CheckOptions | undefined;
  /**
   * Addresses that one request is tried on at most.
   *
   * @default 3
   */
  maxTries?: number | undefined;
  /**
   * Tries beyond the first, as a share of the requests of the last ten seconds; three in any case.
   *
   * @default 0.2
   */
  retryBudget?: number | undefined;
}

/** {@link PeerOptions}, checked. */
export interface PeerSettings {
  address: string;
  weight: number;
  backup: boolean;
  slowly: boolean;
  pool: PoolOptions;
  health: HealthSettings;
  check: CheckSettings | undefined;
}

/** {@link BalancedPoolOptions}, checked, with defaults filled in. */
export interface BalancedSettings {
  policy: Policy;
  maxTries: number;
  retryBudget: number;
  health: HealthSettings;
  check: CheckSettings | undefined;
}

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` */
export function balancedSettings(options: BalancedPoolOptions): BalancedSettings {
  const { retryBudget = 0.2 } = options;
  if (typeof retryBudget !== "number" || !(retryBudget >= 0 && retryBudget <= 1)) {
    throw invalid(`retryBudget is a share between 0 and 1, not ${String(retryBudget)}.`);
  }
  return {
    policy: toPolicy(options.policy ?? "round-robin"),
    maxTries: count("maxTries", options.maxTries, 1) ?? 3,
    retryBudget,
    health: {
      maxFails: count("maxFails", options.maxFails, 0) ?? 3,
      failTimeout: milliseconds("failTimeout", options.failTimeout ?? 10_000),
      backoff: milliseconds("backoff", options.backoff ?? 1_000),
      maxBackoff: milliseconds("maxBackoff", options.maxBackoff ?? 30_000),
      slowStart: milliseconds("slowStart", options.slowStart ?? 10_000),
    },
    check: options.check === undefined ? undefined : checkSettings(options.check),
  };
}

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` */
export function peerSettings(
  peer: string | PeerOptions,
  options: BalancedPoolOptions,
  { health, check }: BalancedSettings,
): PeerSettings {
  const own: PeerOptions = typeof peer === "string" ? { address: peer } : peer;
  const { address, weight = 1, backup = false, slowly = false } = own;
  if (typeof weight !== "number" || !(weight > 0 && weight < Infinity)) {
    throw invalid(`The weight of ${address} is a number above 0, not ${String(weight)}; to send it nothing, drain it.`);
  }
  return { address, weight, backup, slowly, pool: { ...options, ...own }, health, check };
}

function checkSettings(options: CheckOptions): CheckSettings {
  const { path, params } = options;
  if (params === undefined && (typeof path !== "string" || !path.startsWith("/"))) {
    throw invalid('check needs a path such as "/ping", or the params of a request.');
  }
  return {
    params: params ?? pathParams(path ?? "/"),
    expectStatus: options.expectStatus ?? ((statusCode) => statusCode >= 200 && statusCode < 400),
    interval: milliseconds("check.interval", options.interval ?? 10_000) || 10_000,
    timeout: milliseconds("check.timeout", options.timeout ?? 2_000),
    rise: count("check.rise", options.rise, 1) ?? 2,
    fall: count("check.fall", options.fall, 1) ?? 3,
  };
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}
