import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { freeSocketPath, socketFileState } from "../../src/processes/socket-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function liveSocket(path: string): Promise<void> {
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
}

/** Made by a process that ends without removing it. */
function deadSocket(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script])).toThrow("SIGKILL");
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe("[TJ02] a path to listen on", () => {
  test("a dead socket is removed", async () => {
    const path = join(temporaryFolder(), "s");
    deadSocket(path);
    await freeSocketPath(path);
    expect(existsSync(path)).toBe(false);
  });

  test("nothing is nothing to do", async () => {
    const path = join(temporaryFolder(), "s");
    expect(await socketFileState(path)).toBe("absent");
    await freeSocketPath(path);
  });

  test("a live socket stays", async () => {
    const path = join(temporaryFolder(), "s");
    await liveSocket(path);
    await expect(freeSocketPath(path)).rejects.toMatchObject({
      code: "FCGI_ERR_LISTEN",
      address: `unix:${path}`,
      message: `cannot listen on unix:${path}: another program listens there already.`,
    });
    expect(await socketFileState(path)).toBe("live");
  });

  test("a file stays", async () => {
    const path = join(temporaryFolder(), "s");
    writeFileSync(path, "precious");
    await expect(freeSocketPath(path)).rejects.toThrow("a file that is no socket has that name, and is left alone");
    expect(existsSync(path)).toBe(true);
  });

  test("a link stays, even one to a dead socket", async () => {
    const folder = temporaryFolder();
    deadSocket(join(folder, "dead"));
    symlinkSync(join(folder, "dead"), join(folder, "s"));
    await expect(freeSocketPath(join(folder, "s"))).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
    expect(existsSync(join(folder, "dead"))).toBe(true);
  });

  test("a folder stays", async () => {
    const path = join(temporaryFolder(), "s");
    mkdirSync(path);
    await expect(freeSocketPath(path)).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
    expect(existsSync(path)).toBe(true);
  });
});
