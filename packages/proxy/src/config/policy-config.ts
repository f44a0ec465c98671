import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedAddress } from "./upstream-config.ts";

/**
 * Which address of an upstream gets the next request, of those that are well and have room:
 *
 * - `"weighted"`: each in its turn, as often as its weight says (nginx's default)
 * - `"least-requests"`: the one with the fewest requests, by its weight (nginx `least_conn`)
 * - `"random-two"`: of two by chance the one with fewer requests, for several proxies that know nothing of each other
 * - `"round-robin"`: each in its turn, whatever its weight
 * - `"first"`: the first, the next when that is full
 * - `{ hash }`: the same for the same value of a param, such as `"REMOTE_ADDR"` or `"REQUEST_URI"`; when an address goes, its
 *   requests alone move (nginx `hash … consistent`). Without the param, the one with the fewest requests
 * - `{ cookie }`: the same for the same client, by a cookie of that name, which is set with its first answer and whenever its address
 *   had to change (nginx `sticky cookie`)
 */
export type PolicyConfig = PolicyNameConfig | HashPolicyConfig | CookiePolicyConfig;

/** The policies that need no more than their name. */
export type PolicyNameConfig = "weighted" | "least-requests" | "random-two" | "round-robin" | "first";

/** See {@link PolicyConfig}. */
export interface HashPolicyConfig {
  /** Name of a param. */
  hash: string;
}

/** See {@link PolicyConfig}. */
export interface CookiePolicyConfig {
  /** Name of the cookie. */
  cookie: string;
}

/** The policy of an upstream, as it is written. */
export type ResolvedPolicy = PolicyNameConfig | Readonly<HashPolicyConfig> | Readonly<CookiePolicyConfig>;

/** A token (RFC 6265 §4.1.1). */
const COOKIE_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Checks what its kind needs. */
export function expandPolicy(
  expansion: Expansion,
  path: KeyPath,
  policy: PolicyConfig,
  addresses: readonly ResolvedAddress[],
): ResolvedPolicy {
  if (typeof policy !== "string") {
    if ("hash" in policy && !/^[A-Z_][A-Z0-9_]*$/.test(policy.hash)) {
      const header = `HTTP_${policy.hash.toUpperCase().replaceAll("-", "_")}`;
      expansion.problem(
        [...path, "hash"],
        `must be the name of a param, such as "REMOTE_ADDR"; the header ${policy.hash} is ${JSON.stringify(header)}.`,
      );
    }
    if ("cookie" in policy && !COOKIE_NAME.test(policy.cookie))
      expansion.problem([...path, "cookie"], `must be the name of a cookie, not ${JSON.stringify(policy.cookie)}.`);
  } else if ((policy === "round-robin" || policy === "first") && addresses.some(({ weight }) => weight !== 1)) {
    expansion.problem(path, `takes no heed of weights: leave them out, or choose "weighted" or "least-requests".`);
  }
  return policy;
}
