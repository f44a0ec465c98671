import fc from "fast-check";

import { OPERATIONS } from "./world.ts";
import type { Step } from "./world.ts";

/** Any step. */
export const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom(...OPERATIONS),
  which: fc.nat(5),
  amount: fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.constantFrom(5_000, 70_000) }),
});
