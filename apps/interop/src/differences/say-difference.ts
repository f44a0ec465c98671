import type { Difference } from "./compare.ts";

/** One line for somebody who has to find the reason. */
export function sayDifference({ name, field, ours, theirs, server }: Difference): string {
  return `${name} | ${field} | ours: ${ours} | ${server}: ${theirs}`;
}
