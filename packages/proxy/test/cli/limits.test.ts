import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ProxyProgram } from "../support/proxy-program.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const BODY = 100_000;

/** A program with small limits, in front of an application that must not be asked. */
async function start(): Promise<{ program: ProxyProgram; backend: ScriptedBackend; port: number }> {
  const backend = await ScriptedBackend.listen((request) => request.end("Status: 200\r\n\r\nasked"));
  const file = join(temporaryFolder(), "x.config.json");
  const config = {
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app" } }],
    limits: { body: BODY, headerBytes: 2_000, headerLines: 20, target: 500 },
  };
  writeFileSync(file, JSON.stringify(config));
  const program = new ProxyProgram(["serve", "--config", file, "--listen", "127.0.0.1:0"]);
  return { program, backend, port: await program.port() };
}

const FIELDS = "Host: 127.0.0.1\r\nConnection: close\r\n";
const chunked = (...sizes: number[]): string =>
  [...sizes, 0].map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`).join("");

interface Case {
  readonly title: string;
  readonly request: string;
  readonly status: number;
  /** The limit that was exceeded and how large it is, as the answer has it. */
  readonly says: string;
}

const body = `The request body is larger than limits.body allows (${BODY} bytes).`;
const cases: readonly Case[] = [
  {
    title: "a Content-Length above the limit",
    request: `POST / HTTP/1.1\r\n${FIELDS}Content-Length: ${BODY + 1}\r\n\r\n`,
    status: 413,
    says: body,
  },
  {
    title: "a Content-Length above the limit, its body coming all the same",
    request: `POST / HTTP/1.1\r\n${FIELDS}Content-Length: ${BODY + 1}\r\n\r\n${"x".repeat(BODY + 1)}`,
    status: 413,
    says: body,
  },
  {
    title: "a Content-Length above the limit, the client waiting for 100: it never hears that",
    request: `POST / HTTP/1.1\r\n${FIELDS}Expect: 100-continue\r\nContent-Length: ${BODY + 1}\r\n\r\n`,
    status: 413,
    says: body,
  },
  {
    title: "many chunks",
    request: `POST / HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n${chunked(60_000, 40_000, 1)}`,
    status: 413,
    says: body,
  },
  {
    title: "one chunk",
    request: `POST / HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n${chunked(BODY + 1)}`,
    status: 413,
    says: body,
  },
  {
    title: "bytes of the header",
    request: `GET / HTTP/1.1\r\n${FIELDS}X: ${"y".repeat(2_000)}\r\n\r\n`,
    status: 431,
    says: "limits.headerBytes allows (2000 bytes)",
  },
  {
    title: "lines of the header",
    request: `GET / HTTP/1.1\r\n${FIELDS}${"X: y\r\n".repeat(20)}\r\n`,
    status: 431,
    says: "limits.headerLines allows (20)",
  },
  {
    title: "the request target",
    request: `GET /${"a".repeat(500)} HTTP/1.1\r\n${FIELDS}\r\n`,
    status: 414,
    says: "limits.target allows (500 bytes)",
  },
];

const NAMES: Readonly<Record<number, string>> = {
  413: "Payload Too Large",
  414: "URI Too Long",
  431: "Request Header Fields Too Large",
};

test("[TA21] [TA29] each limit answers with its status, its name and its size, and the application is not asked", async () => {
  const { program, backend, port } = await start();
  for (const { title, request, status, says } of cases) {
    const answer = await new RawClient(port).write(request).closed();
    expect(answer, title).toMatch(new RegExp(`^HTTP/1\\.1 ${status} ${NAMES[status]}\r\n`));
    expect(answer.match(/HTTP\/1\.1/g), title).toHaveLength(1);
    expect(answer, title).toContain(says);
  }
  expect(backend.requests).toEqual([]);
  // All of what is allowed passes, in both framings.
  const lengths = `POST / HTTP/1.1\r\n${FIELDS}Content-Length: ${BODY}\r\n\r\n${"x".repeat(BODY)}`;
  const chunks = `POST / HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n${chunked(60_000, 40_000)}`;
  for (const request of [lengths, chunks]) {
    expect(await new RawClient(port).write(request).closed()).toMatch(/^HTTP\/1\.1 200 [^]*asked/);
    expect(backend.requests.at(-1)?.params["CONTENT_LENGTH"]).toBe(String(BODY));
  }
  // Whoever runs the program learns it too, once for each limit, although these are the client's mistakes.
  await program.signal("SIGTERM");
  for (const status of [413, 414, 431]) {
    const lines = program.stderr
      .split("\n")
      .filter((line) => line.includes(`: ${status}: `) && line.includes("(request "));
    expect(lines, program.stderr).toHaveLength(1);
    expect(lines[0]).toMatch(/limits\.\w+ allows/);
  }
});
