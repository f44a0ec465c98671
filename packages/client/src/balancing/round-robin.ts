import { nextAfter } from "./policy.ts";
import type { Policy } from "./policy.ts";

/** Each peer in its turn, whatever its weight. */
export function roundRobin(): Policy {
  let last = -1;
  return (candidates) => {
    const next = nextAfter(candidates, last);
    last = next.index;
    return next;
  };
}
