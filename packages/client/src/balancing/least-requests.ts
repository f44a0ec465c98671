import { loadOf, nextAfter } from "./policy.ts";
import type { Candidate, Policy } from "./policy.ts";

/** The peer with the fewest requests by its weight; of equals each in its turn. */
export function leastRequests(): Policy {
  let last = -1;
  return (candidates) => {
    let least = Infinity;
    let best: Candidate[] = [];
    for (const candidate of candidates) {
      const load = loadOf(candidate);
      if (load > least) continue;
      if (load < least) best = [];
      least = load;
      best.push(candidate);
    }
    const next = nextAfter(best, last);
    last = next.index;
    return next;
  };
}
