// Runs every ```ts block of the README as a program of its own, in this package's folder, and compares
// what it prints with the comments: each `//=> text` stands for one printed line, in order.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");

test("the README has examples", () => {
  expect(examples).not.toHaveLength(0);
});

test.for(examples.map((code, index) => ({ number: index + 1, code })))(
  "example $number of the README prints what it says",
  { timeout: 60_000 },
  async ({ code }) => {
    const args = ["--input-type=module-typescript", "--eval", code];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 50_000 });
    const promised = [...code.matchAll(/\/\/=> (.*)$/gm)].map((match) => match[1]);
    expect(stderr).toBe("");
    expect(stdout.split("\n").slice(0, -1)).toEqual(promised);
  },
);
