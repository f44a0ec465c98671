import type { Difference } from "./compare.ts";
import { explains } from "./reasons.ts";
import type { Chapter, Reason } from "./reasons.ts";
import { PARAMS, REFUSALS } from "./request-reasons.ts";
import { ANSWERS, HEADERS } from "./response-reasons.ts";

/** All reasons, in the order in which they are tried. */
export const CHAPTERS: readonly Chapter[] = [REFUSALS, PARAMS, ANSWERS, HEADERS];

/** The differences, by their reasons. */
export interface Explained {
  readonly byReason: ReadonlyMap<Reason, readonly Difference[]>;
  /** Those that nothing explains. */
  readonly unexplained: readonly Difference[];
  /** Reasons that explain nothing. */
  readonly unused: readonly Reason[];
}

/** Finds the reason of each difference. */
export function explainAll(differences: readonly Difference[], chapters: readonly Chapter[] = CHAPTERS): Explained {
  const reasons = chapters.flatMap((chapter) => chapter.reasons);
  const byReason = new Map<Reason, Difference[]>();
  const unexplained: Difference[] = [];
  for (const difference of differences) {
    const reason = reasons.find((one) => explains(one, difference));
    if (reason === undefined) {
      unexplained.push(difference);
      continue;
    }
    const known = byReason.get(reason);
    if (known === undefined) byReason.set(reason, [difference]);
    else known.push(difference);
  }
  return { byReason, unexplained, unused: reasons.filter((reason) => !byReason.has(reason)) };
}
