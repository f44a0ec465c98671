// A site of Next.js by its custom server, unchanged, behind nginx and Apache. It is installed for this test alone.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { stageNextSite } from "../src/applications/next-site.ts";
import { needs } from "../src/needs.ts";
import { startExampleApache, startExampleNginx } from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { startRunning } from "../src/running-example.ts";
import type { Running } from "../src/running-example.ts";
import { temporaryFolder } from "../src/temporary.ts";

const FRONTS: readonly [name: string, program: string, StartFront][] = [
  ["nginx", "nginx", startExampleNginx()],
  ["Apache", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
];

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeAll(() => {
  folder = temporaryFolder();
  path = stageNextSite(folder.path);
}, 500_000);
afterAll(() => folder.remove());

describe.each(FRONTS.filter(([, program]) => needs(program, [program])))(
  "Next.js behind %s",
  (_name, _program, front) => {
    let running: Running;
    beforeAll(async () => {
      running = await startRunning(front, { path });
    });
    afterAll(() => running?.stop());

    test("a page with its query, and its scripts", async () => {
      const { status, headers, body } = await running.ask("/?name=Ada%20%26%20Co");
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      const page = body.toString();
      expect(page).toContain("<h1>Hello Ada &amp; Co</h1>");
      const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
      const file = await running.ask(script);
      expect(file.status).toBe(200);
      expect(file.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(file.headers["content-type"]).toMatch(/^application\/javascript/);
    });

    test("HEAD, a page of a pattern, one that is not there, and a redirect", async () => {
      const head = await running.ask("/posts/a%20b", { method: "HEAD" });
      expect([head.status, head.body.length]).toEqual([200, 0]);
      expect((await running.ask("/posts/first")).body.toString()).toContain("<h1>Post first</h1>");
      expect((await running.ask("/posts/missing")).status).toBe(404);
      expect((await running.ask("/nothing")).status).toBe(404);
      const old = await running.ask("/api/old");
      expect([old.status, old.headers.location]).toEqual([307, "/posts/new"]);
    });

    test("a public file, and the same again by its validator", async () => {
      const { status, headers, body } = await running.ask("/style.css");
      expect([status, body.toString()]).toEqual([200, "body { color: black }\n"]);
      const again = await running.ask("/style.css", { headers: { "if-none-match": headers.etag ?? "" } });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    });

    test("a body of 1 MB up to a route handler, an answer with a cookie", async () => {
      const body = Buffer.from(patternBytes(1_000_000));
      const {
        status,
        headers,
        body: answer,
      } = await running.ask("/api/echo?q=%C3%BC", {
        method: "POST",
        body,
        headers: { "content-type": "application/x-own" },
      });
      expect(status).toBe(200);
      expect(headers["set-cookie"]).toEqual(["seen=yes; Path=/; HttpOnly"]);
      expect(JSON.parse(answer.toString())).toEqual({
        length: body.length,
        sha256: createHash("sha256").update(body).digest("hex"),
        type: "application/x-own",
        query: "ü",
      });
    });

    test("a stream arrives piece by piece", async () => {
      const outgoing = request(`${running.url}/api/stream`, { agent: false }).end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      incoming.setEncoding("utf8");
      const pieces = incoming[Symbol.asyncIterator]() as AsyncIterator<string>;
      expect((await pieces.next()).value).toBe("one\n");
      expect((await running.ask("/api/stream", { method: "POST" })).status).toBe(204);
      let rest = "";
      for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) rest += piece.value;
      expect(rest).toBe("two\n");
    });
  },
);
