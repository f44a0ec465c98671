// The inputs that the fuzzer has found worth keeping, and those of every fault it found, run by every test run.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { targets } from "../fuzz/targets.ts";

test.for(targets.map((target) => ({ ...target })))(
  "[V14] the corpus of the fuzz target $name",
  { timeout: 60_000 },
  async ({ file, corpus }) => {
    const { fuzz } = (await import(file)) as { fuzz(data: Uint8Array): void };
    const inputs = readdirSync(corpus);
    expect(inputs.length).toBeGreaterThan(5);
    for (const input of inputs) {
      try {
        fuzz(new Uint8Array(readFileSync(join(corpus, input))));
      } catch (error) {
        throw new Error(`Input ${input} of the corpus is a finding.`, { cause: error });
      }
    }
    fuzz(new Uint8Array(0));
  },
);
