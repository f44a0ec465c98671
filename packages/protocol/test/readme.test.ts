// Runs every ```ts block of the README as a program of its own, in this package's folder, and compares
// what it prints with the comments: each `//=> text` stands for one printed line, in order.
// A block that listens runs until the block after it, its client, has ended.
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import { afterAll, expect, test } from "vitest";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
const temporary = mkdtempSync(join(tmpdir(), "x-readme-"));

type Program = ChildProcessByStdio<null, Readable, Readable>;

let server: { program: Program; output: Promise<string> } | undefined;

afterAll(() => {
  server?.program.kill("SIGKILL");
  rmSync(temporary, { recursive: true });
});

function start(code: string): Program {
  const own = code.replaceAll("/run/app.sock", join(temporary, "app.sock"));
  const args = ["--input-type=module-typescript", "--eval", own];
  return spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
}

function promised(code: string): string {
  return [...code.matchAll(/\/\/=> (.*)$/gm)].map((match) => `${match[1]}\n`).join("");
}

test("the README has examples", () => {
  expect(examples).not.toHaveLength(0);
});

test.for(examples.map((code, index) => ({ number: index + 1, code })))(
  "example $number of the README prints what it says",
  { timeout: 60_000 },
  async ({ code }) => {
    const program = start(code);
    const stderr = text(program.stderr);
    if (code.includes(".listen(")) {
      server = { program, output: text(program.stdout) };
      await once(program.stdout, "data");
      return;
    }
    expect(await text(program.stdout)).toBe(promised(code));
    expect(await stderr).toBe("");
    if (code.includes("connect(")) {
      server?.program.kill();
      const listening = examples.find((example) => example.includes(".listen(")) ?? "";
      expect(await server?.output).toBe(promised(listening));
      server = undefined;
    }
  },
);

test("[P74] the README's server and client are 20 lines each at most, without their imports", () => {
  const long = examples.filter((code) => code.includes("node:net"));
  const lines = long.map(
    (code) => code.split("\n").filter((line) => line !== "" && !line.startsWith("import ")).length,
  );
  expect(long).toHaveLength(2);
  for (const length of lines) expect(length).toBeLessThanOrEqual(20);
});
