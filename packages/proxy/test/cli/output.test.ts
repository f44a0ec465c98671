import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { describe, expect, onTestFinished, test, vi } from "vitest";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const OUTPUT = fileURLToPath(new URL("../../src/cli/output.ts", import.meta.url));

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** Runs code that has an `Output` of stdout, behind the given redirection; descriptor 3 is for signals between test and shell. */
function run(redirection: string, code: string, cwd?: string): ChildProcess {
  const script = `import { Output } from ${JSON.stringify(OUTPUT)}; const out = new Output(1);\n${code}`;
  const command = `"$0" --input-type=module -e "$1" ${redirection}`;
  const child = spawn("sh", ["-c", command, process.execPath, script], {
    cwd,
    // A group of its own: all of the pipe ends with the test.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // It has ended.
    }
  });
  return child;
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

describe("what is written comes out whole and in order", () => {
  const code = `for (let i = 0; i < 20_000; i++) out.line("line " + i); await out.close(10_000);`;
  for (const [what, redirection] of [
    ["a pipe", "| cat"],
    ["a socket", ""],
  ] as const) {
    test(what, async () => {
      const lines = (await text(run(redirection, code).stdout)).trimEnd().split("\n");
      expect(lines).toHaveLength(20_000);
      expect(lines.every((line, index) => line === `line ${index}`)).toBe(true);
    });
  }
});

test("[TI12] [f56] a reader that does not read stops nobody; what was lost is counted", async () => {
  const child = run(
    "| { read go <&3; cat; }",
    `const line = "x".repeat(10_000);
     for (let i = 0; i < 1_000; i++) out.line(line);
     process.stderr.write("not stopped\\n");
     process.stdin.once("data", async () => { await out.close(10_000); process.exit(); });`,
  );
  const [stderr] = (await once(child.stderr as NodeJS.ReadableStream, "data")) as [Buffer];
  expect(stderr.toString()).toBe("not stopped\n");
  (child.stdio[3] as NodeJS.WritableStream).write("go\n");
  child.stdin?.end("\n");
  const written = await text(child.stdout);
  const whole = written.split("\n").filter((line) => line.length === 10_000).length;
  expect(whole).toBeGreaterThan(100);
  expect(written).toContain(`(${1_000 - whole} log lines were lost: nobody read them)`);
});

test("a reader that has gone is no failure", async () => {
  const child = run(
    "3>&- | true; kill -0 $$",
    `process.stdin.once("data", () => { for (let i = 0; i < 50; i++) out.line("x".repeat(70_000)); process.stderr.write("alive\\n"); process.exit(); });`,
  );
  child.stdin?.end("\n");
  expect(await text(child.stderr)).toBe("alive\n");
});

test("modules are found afterwards, on Node 22 too", async () => {
  // Any CommonJS package that is imported through a link, as package managers lay them.
  const code = `await import("yaml").then((yaml) => out.line(typeof yaml.default.parse)); await out.close(1_000);`;
  expect(await text(run("| cat", code, PACKAGE).stdout)).toBe("function\n");
});
