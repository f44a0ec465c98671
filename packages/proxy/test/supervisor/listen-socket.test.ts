import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import type { ListenPlace } from "../../src/config/resolved-config.ts";
import { ListenSocket } from "../../src/supervisor/listen-socket.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const tcp = (host: string | undefined, port: number): ListenPlace => ({
  kind: "tcp",
  host,
  port,
  text: `${host ?? ""}:${port}`,
});
const unix = (path: string): ListenPlace => ({ kind: "unix", path, text: `unix:${path}` });

async function open(wanted: ListenPlace): Promise<ListenSocket> {
  const socket = await ListenSocket.open(wanted, (connection) => connection.end());
  onTestFinished(() => socket.close());
  return socket;
}

async function stranger(path: string | number): Promise<Server> {
  const server = createServer();
  if (typeof path === "number") server.listen(path, "127.0.0.1");
  else server.listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return server;
}

describe("where it listens", () => {
  test("a port 0 becomes a real one, with something to click on", async () => {
    const { address } = await open(tcp("127.0.0.1", 0));
    expect(address.text).toBe(`127.0.0.1:${address.port}`);
    expect(address.url).toBe(`http://127.0.0.1:${address.port}`);
    expect(address.port).toBeGreaterThan(0);
  });

  test("all addresses of the machine are no address to click on", async () => {
    const { address } = await open(tcp(undefined, 0));
    expect(address.text).toBe(`:${address.port}`);
    expect(address.url).toBe(`http://localhost:${address.port}`);
  });

  test("[TJ01] a socket file is for user and group from its first moment", async () => {
    const path = join(temporaryFolder(), "s");
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const socket = await open(unix(path));
    expect((statSync(path).mode & 0o777).toString(8)).toBe("660");
    expect(process.umask()).toBe(0);
    expect(socket.address).toEqual({ kind: "unix", text: `unix:${path}`, url: undefined, port: undefined });
    await socket.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe("[TJ14] a place that is taken", () => {
  test("a port", async () => {
    const { port } = (await stranger(0)).address() as { port: number };
    await expect(open(tcp("127.0.0.1", port))).rejects.toMatchObject({
      code: "FCGI_ERR_LISTEN",
      address: `127.0.0.1:${port}`,
      message: `cannot listen on 127.0.0.1:${port}: another program listens there already.`,
      cause: { code: "EADDRINUSE" },
    });
  });

  test("[TJ02] a live socket, which stays", async () => {
    const path = join(temporaryFolder(), "s");
    await stranger(path);
    await expect(open(unix(path))).rejects.toThrow("another program listens there already");
    await new Promise<void>((resolve, reject) => connect({ path }).once("connect", resolve).once("error", reject));
  });

  test("[TJ02] a file, which stays", async () => {
    const path = join(temporaryFolder(), "s");
    writeFileSync(path, "precious");
    await expect(open(unix(path))).rejects.toThrow("left alone");
    expect(existsSync(path)).toBe(true);
  });

  test("an address that is not ours", async () => {
    await expect(open(tcp("192.0.2.1", 0))).rejects.toThrow(
      "cannot listen on 192.0.2.1:0: this machine has no such address.",
    );
  });

  test("a folder that is not there", async () => {
    const folder = join(temporaryFolder(), "missing");
    await expect(open(unix(join(folder, "s")))).rejects.toMatchObject({
      code: "FCGI_ERR_LISTEN",
      message: `cannot listen on unix:${folder}/s: the folder ${folder} does not exist: make it first.`,
    });
  });

  test("a folder that is a file", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    await expect(open(unix(join(file, "s")))).rejects.toThrow(`cannot listen on unix:${file}/s: ${file} is no folder.`);
  });
});
