import type { Candidate, Policy } from "./policy.ts";

/**
 * Each peer as often as its weight says, evenly spread: of weights 5, 1, 1 the turns are a a b a c a a (nginx's smooth
 * weighted round robin).
 */
export function weighted(): Policy {
  /** By the index of the peer: what it is owed. */
  const owed: number[] = [];
  return (candidates) => {
    let total = 0;
    let best: Candidate | undefined;
    let most = -Infinity;
    for (const candidate of candidates) {
      const now = (owed[candidate.index] ?? 0) + candidate.weight;
      owed[candidate.index] = now;
      total += candidate.weight;
      if (now <= most) continue;
      most = now;
      best = candidate;
    }
    owed[best!.index] = most - total;
    return best!;
  };
}
