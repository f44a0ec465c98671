import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "./support/application.ts";
import { FrontEnd } from "./support/front-end.ts";
import { start, withTcpListener, withUnixListener } from "./support/process.ts";

const PROGRAM = join(import.meta.dirname, "support/cgi-application.ts");
const REQUEST = {
  GATEWAY_INTERFACE: "CGI/1.1",
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a?b",
  SERVER_PROTOCOL: "HTTP/1.1",
};

interface Run {
  code: number | null;
  output: string;
  errors: string;
}

interface Cgi {
  params?: Record<string, string>;
  body?: string | Uint8Array;
  /** Leaves stdin open, as web servers may. */
  open?: boolean;
  command?: readonly [string, ...string[]];
}

async function run({
  params = {},
  body = "",
  open = false,
  command = [process.execPath, PROGRAM],
}: Cgi = {}): Promise<Run> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, ...REQUEST, ...params } });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {}); // it need not read
  child.stdin.write(body);
  if (!open) child.stdin.end();
  const exited = once(child, "exit") as Promise<[number | null]>;
  const [output, errors] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  return { code: (await exited)[0], output: output.toString("latin1"), errors: errors.toString() };
}

test("[P2] started by CGI it answers the one request of its environment, and ends", async () => {
  const { code, output, errors } = await run({ open: true });
  expect(output.slice(output.indexOf("\n") + 1)).toBe(
    "Status: 200 OK\r\nContent-Type: text/plain\r\nX-Latin1: \r\n\r\nGET /a?b 0 CGI/1.1",
  );
  expect(code).toBe(0);
  expect(errors).toBe("ready cgi\nprinted by the handler\n");
});

test("a body comes by stdin, as long as CONTENT_LENGTH says", async () => {
  const body = Buffer.alloc(1_048_576, "x");
  const params = { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(body.length) };
  expect((await run({ params, body, open: true })).output).toMatch(/POST \/a\?b 1048576 CGI/);
  // Apache hands a chunked one on without a length.
  expect((await run({ params: { REQUEST_METHOD: "POST", HTTP_TRANSFER_ENCODING: "chunked" }, body })).output).toMatch(
    /POST \/a\?b 1048576 CGI/,
  );
});

test("a body that is cut short is an error, in the web server's log", async () => {
  const { code, output, errors } = await run({ params: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" }, body: "abc" });
  expect(output).toContain("Status: 500 ");
  expect(errors).toContain("3 of the 10 bytes of CONTENT_LENGTH");
  expect(code).toBe(1);
});

test("[TF31] a handler that throws is a 500, details in the web server's log, exit status 1", async () => {
  const { code, output, errors } = await run({ params: { REQUEST_URI: "/throw" } });
  expect(output).toContain("Status: 500 Internal Server Error\r\n");
  expect(errors).toContain("expected by a test");
  expect(code).toBe(1);
});

test("the exit status is the application's, and bytes of the environment stay bytes", async () => {
  const shell = `HTTP_X_LATIN1=$(printf 'caf\\351') exec "$0" "$1"`;
  const command = ["/bin/sh", "-c", shell, process.execPath, PROGRAM] as const;
  const { code, output } = await run({ params: { REQUEST_URI: "/status" }, command });
  expect(output).toContain("X-Latin1: caf\u00e9\r\n");
  expect(code).toBe(7);
});

test("a large answer arrives whole through a pipe that fills", async () => {
  const { code, output } = await run({ params: { REQUEST_URI: "/large" } });
  const body = output.slice(output.indexOf("\r\n\r\n") + 4);
  expect([code, body.length]).toEqual([0, 64 * 65_536]);
  expect(Buffer.from(body, "latin1").every((byte, at) => byte === at >> 16)).toBe(true);
});

test("a web server that goes away ends it", async () => {
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...REQUEST, REQUEST_URI: "/large" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  child.stdout.destroy();
  expect((await exited)[0]).toBe(1);
});

test("[P2] a connected socket as stdin and stdout, as Apache's mod_cgid gives, is CGI", async () => {
  const path = join(temporaryFolder(), "connection.sock");
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(path);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const client = createConnection(path);
  onTestFinished(() => void client.destroy());
  const [accepted] = (await once(server, "connection")) as [Socket];
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: [accepted, accepted, "ignore"],
    env: { ...process.env, ...REQUEST },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  accepted.destroy();
  expect((await buffer(client)).toString()).toContain("\r\n\r\nGET /a?b 0 CGI/1.1");
});

test.for(["UNIX", "TCP"])(
  "[P2] a socket that listens is FastCGI, whatever a CGI program left in the environment: %s",
  async (kind) => {
    const environment = REQUEST;
    const path = join(temporaryFolder(), "app.sock");
    let address = `unix:${path}`;
    if (kind === "UNIX") {
      await withUnixListener(path, (fd) => start("fd-application.ts", { stdin: fd, environment }));
    } else {
      const [, port] = await withTcpListener("127.0.0.1", (fd) =>
        start("fd-application.ts", { stdin: fd, environment }),
      );
      address = `tcp://127.0.0.1:${port}`;
    }
    const frontEnd = await FrontEnd.connect(address);
    onTestFinished(() => frontEnd.destroy());
    expect((await frontEnd.exchange(1, { keepConn: false })).body).toMatch(/^\d+$/);
  },
);

test("[TJ08] words of a query are no arguments of x-responder", async () => {
  const command = join(import.meta.dirname, "../bin/x-responder.cjs");
  const module = join(import.meta.dirname, "support/module-application.ts");
  const { code, output } = await run({
    command: [process.execPath, command, "--mount", "keep", module, "--listen", "tcp://0.0.0.0:1", "more"],
  });
  expect(output).toMatch(/^Status: 200 OK\r\n/);
  expect(code).toBe(0);
});
