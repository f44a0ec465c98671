import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { keepRunning, startProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";

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
      while (!(await accepts(path)) || readFileSync(count).length < 3) await new Promise(setImmediate);
      expect(readFileSync(count, "utf8")).toBe("xxx");
    } finally {
      await kept.stop();
      folder.remove();
    }
  });
});

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
