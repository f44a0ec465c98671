import type { Policy } from "./policy.ts";

/** The first peer that can take the request, in the order in which they were given: the others are for when it is full or gone. */
export function first(): Policy {
  return (candidates) => candidates.reduce((best, candidate) => (candidate.index < best.index ? candidate : best));
}
