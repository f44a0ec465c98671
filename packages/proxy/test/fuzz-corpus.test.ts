// The inputs that the fuzzer has found worth keeping, and those of every fault it found, run by every test run.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { fuzz } from "../fuzz/targets/http1-requests.ts";
import { BAD, GOOD } from "./support/request-corpus.ts";

const CORPUS = join(import.meta.dirname, "../fuzz/corpus/http1-requests");

test("the corpus of the fuzz target http1-requests", { timeout: 60_000 }, () => {
  const inputs = readdirSync(CORPUS);
  expect(inputs.length).toBeGreaterThan(5);
  for (const input of inputs) {
    try {
      fuzz(new Uint8Array(readFileSync(join(CORPUS, input))));
    } catch (error) {
      throw new Error(`Input ${input} of the corpus is a finding.`, { cause: error });
    }
  }
  fuzz(new Uint8Array(0));
});

test("our own requests, cut in three", () => {
  for (const [, bytes] of [...GOOD, ...BAD]) fuzz(Buffer.from(`\x02\x07\x1e${bytes}`, "latin1"));
});
