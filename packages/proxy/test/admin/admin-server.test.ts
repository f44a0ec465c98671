import { once } from "node:events";
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";

import { FastCGIError } from "@x/protocol/errors";
import { expect, onTestFinished, test } from "vitest";

import { adminSocketPath, clearDeadSockets, findAdminSockets } from "../../src/admin/admin-place.ts";
import { type Administered, AdminServer } from "../../src/admin/admin-server.ts";
import type { ProxyStatus } from "../../src/admin/status.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

class Recorder implements Administered {
  readonly calls: string[] = [];

  async status(): Promise<ProxyStatus> {
    return { version: "1" } as ProxyStatus;
  }

  async drain(upstream: string, address: string): Promise<void> {
    this.calls.push(`drain ${upstream} ${address}`);
    if (upstream === "none") throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "There is none.");
    if (upstream === "gone") throw new FastCGIError("FCGI_ERR_CLOSED", "It has ended.");
  }

  async restore(upstream: string, address: string): Promise<void> {
    this.calls.push(`restore ${upstream} ${address}`);
  }
}

async function opened(path = join(temporaryFolder(), "admin.sock")): Promise<{ path: string; recorder: Recorder }> {
  const recorder = new Recorder();
  const server = await AdminServer.open(path, recorder);
  onTestFinished(() => server.close());
  return { path, recorder };
}

async function ask(
  socketPath: string,
  method: string,
  path: string,
): Promise<[status: number | undefined, body: unknown]> {
  const asking = request({ socketPath, method, path, agent: false }).end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) text += part;
  return [response.statusCode, JSON.parse(text)];
}

test("[TI15] its socket is its owner's alone, and goes with it", async () => {
  const path = join(temporaryFolder(), "admin.sock");
  const server = await AdminServer.open(path, new Recorder());
  expect(statSync(path).mode & 0o777).toBe(0o600);
  server.close();
  expect(existsSync(path)).toBe(false);
});

test("status, drain and restore; names are decoded", async () => {
  const { path, recorder } = await opened();
  expect(await ask(path, "GET", "/status")).toEqual([200, { version: "1" }]);
  expect(await ask(path, "POST", "/drain?upstream=a%20b&address=unix%3A%2Fx%26y")).toEqual([200, { ok: true }]);
  expect(await ask(path, "POST", "/restore?upstream=a&address=tcp://h:1")).toEqual([200, { ok: true }]);
  expect(recorder.calls).toEqual(["drain a b unix:/x&y", "restore a tcp://h:1"]);
});

test.each([
  ["GET", "/drain?upstream=a&address=b", 404, { message: expect.stringMatching(/^There is no GET \/drain:/) }],
  ["POST", "/drain?upstream=a", 400, { code: "FCGI_ERR_INVALID_ARGUMENT", message: "The query has no address." }],
  ["POST", "/drain?upstream=none&address=b", 400, { code: "FCGI_ERR_INVALID_ARGUMENT", message: "There is none." }],
  ["POST", "/drain?upstream=gone&address=b", 503, { code: "FCGI_ERR_CLOSED", message: "It has ended." }],
])("%s %s is %i", async (method, target, status, body) => {
  const { path } = await opened();
  expect(await ask(path, method, target)).toEqual([status, body]);
});

test("a path on which somebody listens is refused, and so is one of a file", async () => {
  const { path } = await opened();
  await expect(AdminServer.open(path, new Recorder())).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  await expect(AdminServer.open(file, new Recorder())).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
});

test("it is named after the first port, or the first socket, and found there while somebody listens", async () => {
  const base = temporaryFolder();
  const port = { kind: "tcp", text: "127.0.0.1:8080", url: "http://127.0.0.1:8080", port: 8080 } as const;
  const socket = { kind: "unix", text: "unix:/run/my site.sock", url: undefined, port: undefined } as const;
  expect(adminSocketPath([port, socket], base)).toBe(join(base, "8080.sock"));
  expect(adminSocketPath([socket, port], base)).toBe(join(base, "my_site.sock"));
  expect(await findAdminSockets(join(base, "absent"))).toEqual([]);
  writeFileSync(join(base, "80.sock"), "");
  await opened(join(base, "8080.sock"));
  await opened(join(base, "443.sock"));
  expect(await findAdminSockets(base)).toEqual([join(base, "443.sock"), join(base, "8080.sock")]);
});

test("what runs that were killed left is cleared; applications' sockets, files and those in use are not", async () => {
  const base = temporaryFolder();
  for (const name of ["8080.sock", "8081-12.sock", "app.sock"]) {
    // Node removes the file of a socket that it closes: one whose name was changed stays.
    const other = join(base, "other");
    const server = createServer().listen(other);
    await once(server, "listening");
    renameSync(other, join(base, name));
    server.close();
    await once(server, "close");
  }
  writeFileSync(join(base, "80.sock"), "");
  await opened(join(base, "443.sock"));
  await clearDeadSockets(base);
  expect(readdirSync(base).toSorted()).toEqual(["443.sock", "80.sock", "app.sock"]);
});
