import { loadOf } from "./policy.ts";
import type { Policy } from "./policy.ts";

/**
 * Of two peers by chance the one with fewer requests: nearly as even as {@link leastRequests}, and several proxies that
 * know nothing of each other do not all run to the same peer.
 *
 * @param random for tests: 0 to below 1
 */
export function randomTwo(random: () => number = Math.random): Policy {
  return (candidates) => {
    const first = Math.floor(random() * candidates.length);
    const one = candidates[first]!;
    if (candidates.length === 1) return one;
    // One of the others.
    const second = (first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length;
    const other = candidates[second]!;
    return loadOf(other) < loadOf(one) ? other : one;
  };
}
