// The bytes of real applications, as `pnpm captures` keeps them (apps/interop/src/captures), played to the client's session.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { ClientSide } from "./session/client-side.ts";

interface Turn {
  requests: number[];
  values: boolean;
  /** base64 */
  received: string;
  closed: boolean;
}

const folder = join(import.meta.dirname, "captures");
const names = readdirSync(folder).map((file) => file.replace(".json", ""));
const captures = Object.fromEntries(
  names.map((name) => [name, JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"))]),
) as Record<string, Record<string, Turn[]>>;

/** What a session tells of a capture whose last turn comes in two pieces. */
function replay(turns: readonly Turn[], cutAt?: number): string[] {
  const side = new ClientSide({ multiplex: 2 });
  for (const [index, { requests, values, received, closed }] of turns.entries()) {
    for (const _ of requests) side.begin().exchange.endStdin();
    if (values) side.session.requestValues();
    const bytes = new Uint8Array(Buffer.from(received, "base64"));
    if (cutAt === undefined || index < turns.length - 1) side.receive(bytes);
    else side.receive(bytes.subarray(0, cutAt), bytes.subarray(cutAt));
    if (closed) side.session.receiveEnd();
  }
  const calls = side.calls.map(({ stdout, stderr, end, error }) => {
    const [head = "", ...body] = stdout.split("\r\n\r\n");
    const status = /^Status: (\d+)/im.exec(head)?.[1] ?? (stdout === "" ? "nothing" : "200");
    const more = [...head.matchAll(/^(?:set-cookie|location): (.*)$/gim)].map(([, value]) => value);
    const log = stderr === "" ? [] : [`stderr ${/a line for the log/.exec(stderr)?.[0] ?? stderr}`];
    const ending = end === undefined ? (error?.code ?? "runs") : `end ${end.appStatus} ${end.protocolStatus}`;
    return [status, ...more, digest(body.join("\r\n\r\n")), ...log, ending].filter((text) => text !== "").join(", ");
  });
  const values = side.values.map((answer) => JSON.stringify(answer?.toObject() ?? "unknown"));
  const fatal = calls.some((call) => call.includes("FCGI_ERR")) ? [] : side.fatal.map(({ code }) => `fatal ${code}`);
  return [...calls, ...values, ...fatal];
}

/** 0 to 255 over and over. */
const PATTERN = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)).repeat(36);

function digest(body: string): string {
  return body !== "" && PATTERN.startsWith(body) ? `${body.length} bytes of the pattern` : body;
}

/** What everybody must give, and what only some do. */
const expected: Record<string, string[] | Record<string, string[]>> = {
  page: ["200, status 200, end 0 0"],
  "page, connection not kept": ["200, status 200, end 0 0"],
  "no such page": ["404, status 404, end 0 0"],
  bytes: ["200, 9000 bytes of the pattern, end 0 0"],
  headers: ["200, a=1, b=2, headers, end 0 0"],
  redirect: ["302, /elsewhere?x=1, end 0 0"],
  empty: ["200, end 0 0"],
  stderr: {
    "": ["200, stderr, stderr a line for the log, end 0 0"],
    go: ["200, end 0 0"],
    uwsgi: ["200, stderr, end 0 0"],
  },
  "with a body": ["200, status 200, end 0 0"],
  "two in turn": {
    "": ["200, status 200, end 0 0", "200, a=1, b=2, headers, end 0 0"],
    // They close in spite of FCGI_KEEP_CONN.
    ruby: ["200, status 200, end 0 0"],
    uwsgi: ["200, status 200, end 0 0"],
  },
  "two at once": {
    "": ["200, status 200, end 0 0", "200, status 200, end 0 0"],
    "php-fpm": ["200, status 200, end 0 0", "nothing, FCGI_ERR_SOCKET"],
    "php-cgi": ["200, status 200, end 0 0", "nothing, FCGI_ERR_SOCKET"],
    libfcgi: ["200, status 200, end 0 0", "nothing, runs"],
    perl: ["200, status 200, end 0 0", "nothing, runs"],
    ruby: ["nothing, FCGI_ERR_SOCKET", "200, status 200, end 0 0"],
    uwsgi: ["nothing, FCGI_ERR_SOCKET", "200, status 200, end 0 0"],
  },
  "unknown role": {
    "": ["nothing, FCGI_ERR_SOCKET"],
    go: ["nothing, end 0 3"],
    responder: ["nothing, end 0 3"],
    uwsgi: ["200, status 200, end 0 0"],
  },
  values: {
    "": [],
    "php-fpm": ['{"FCGI_MPXS_CONNS":"0"}'],
    "php-cgi": ['{"FCGI_MPXS_CONNS":"0","FCGI_MAX_REQS":"1","FCGI_MAX_CONNS":"1"}'],
    go: ['{"FCGI_MPXS_CONNS":"1"}'],
    responder: ['{"FCGI_MAX_CONNS":"4096","FCGI_MAX_REQS":"4096","FCGI_MPXS_CONNS":"1"}'],
  },
  "unknown management record": [],
  "aborted before its body": {
    // They go on, or answer what they have.
    "": ["200, 9000 bytes of the pattern, end 0 0"],
    go: ["nothing, end 0 0"],
    responder: ["nothing, end 0 0"],
    ruby: ["nothing, FCGI_ERR_SOCKET"],
    uwsgi: ["nothing, runs"],
  },
};

test("there are captures of every application", () => {
  expect(names).toEqual(["go", "libfcgi", "perl", "php-cgi", "php-fpm", "responder", "ruby", "uwsgi"]);
});

describe.each(names)("%s", (name) => {
  test.each(Object.keys(expected))("[P16] [P18] [TF12] [f16] %s, wherever its bytes are cut", (scenario) => {
    const turns = captures[name]![scenario]!;
    const all = expected[scenario]!;
    const told = Array.isArray(all) ? all : (all[name] ?? all[""]!);
    expect(replay(turns)).toEqual(told);
    const { length } = Buffer.from(turns.at(-1)!.received, "base64");
    for (let at = 0; at <= length; at++) {
      const cut = replay(turns, at);
      if (cut.join("\n") !== told.join("\n")) expect(cut, `cut at ${at}`).toEqual(told);
    }
  });
});
