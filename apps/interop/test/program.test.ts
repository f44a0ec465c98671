import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { accepts, keepRunning, startProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { until } from "../src/until.ts";

describe("a program that is kept running", () => {
  test("is started again when a signal ends it before it is seen to listen", async () => {
    const folder = temporaryFolder();
    const path = join(folder.path, "listening.sock");
    const count = join(folder.path, "starts");
    writeFileSync(count, "");
    // Its second life ends before it listens.
    const program = join(folder.path, "program.mjs");
    writeFileSync(
      program,
      `import { appendFileSync, readFileSync, rmSync } from "node:fs";
       import { createServer } from "node:net";
       appendFileSync(${JSON.stringify(count)}, "x");
       rmSync(${JSON.stringify(path)}, { force: true });
       if (readFileSync(${JSON.stringify(count)}).length === 2) process.kill(process.pid, "SIGKILL");
       createServer((socket) => {
         socket.on("data", () => process.kill(process.pid, "SIGKILL"));
       }).listen(${JSON.stringify(path)});`,
    );
    const kept = await keepRunning(() => startProgram(process.execPath, [program], { path }));
    try {
      await new Promise((resolve) => {
        const socket = createConnection({ path });
        socket.on("connect", () => socket.write("die"));
        socket.on("close", resolve);
      });
      await until(
        "its third life listens",
        async () => [await accepts({ path }), readFileSync(count, "utf8")],
        ([listens, starts]) => listens === true && starts === "xxx",
      );
    } finally {
      await kept.stop();
      folder.remove();
    }
  });
});

describe("a program", () => {
  test("that does not heed SIGTERM is killed with all that it has started, and that is said", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const path = join(folder.path, "listening.sock");
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => said.mockRestore());
    const deaf = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1_000); console.log(process.pid);`;
    const parent = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}], { stdio: "inherit" }); ${deaf}
      require("node:net").createServer().listen(${JSON.stringify(path)});`;
    const program = await startProgram(process.execPath, ["-e", parent], { path }, process.env, 1);
    const pids = (): number[] => program.output().split("\n").filter(Boolean).map(Number);
    await until("both have told who they are", pids, ({ length }) => length === 2);
    await program.stop();
    await until(
      "both have ended",
      () => pids().filter(isAlive),
      ({ length }) => length === 0,
    );
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/did not end within 0\.001 s of SIGTERM, and is killed: \d+/)],
    ]);
  });

  test("that cannot be started is an error of its own", async () => {
    await expect(startProgram("/no/such/program", [], { path: "/no/such.sock" })).rejects.toThrow(
      "/no/such/program cannot be started.",
    );
  });

  test("that ends before it listens says how, and what it said", async () => {
    const starting = startProgram(process.execPath, ["-e", "console.log('no'); process.exit(3)"], {
      path: "/no/such.sock",
    });
    await expect(starting).rejects.toThrow(/ended with 3: /);
  });
});

/** One that has ended and that nobody has asked about yet does not live. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}
