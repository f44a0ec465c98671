import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../application.ts";
import type { Answer, Send } from "../http.ts";
import type { StartFront } from "../peers/example-fronts.ts";
import { startRunning } from "../running-example.ts";
import type { Running, RunningOptions } from "../running-example.ts";
import { until } from "../until.ts";

const APPLICATION = join(import.meta.dirname, "../applications/behind-front.mjs");

/** What a web server takes and does. */
export interface FrontTraits extends RunningOptions {
  /** Bytes of headers that it takes with its example. @default 71680 */
  readonly headerBytes?: number;
  /** It asks one process, which knows of all requests. @default true */
  readonly oneProcess?: boolean;
}

interface Echo {
  readonly pid: number;
  readonly method: string;
  readonly target: string;
  readonly uri: string;
  readonly fields: Record<string, string>;
  readonly length: number;
  readonly sha256: string;
}

/** What every web server must do with an application on `@x/responder`; the application is behind-front.mjs. */
export function describeFront(name: string, front: StartFront, traits: FrontTraits = {}): void {
  describe(name, () => {
    let running: Running;
    let streams = 0;
    beforeAll(async () => {
      running = await startRunning(front, { path: APPLICATION, ...traits });
    });
    afterAll(() => running?.stop());

    const ask = (path: string, options?: Send): Promise<Answer> => running.ask(path, options);
    const echo = async (path: string, options?: Send): Promise<Echo> => {
      const { status, body } = await ask(path, options);
      expect(status, body.toString()).toBe(200);
      return JSON.parse(body.toString()) as Echo;
    };
    /** A request whose answer is not read. */
    const open = async (path: string): Promise<IncomingMessage> => {
      const outgoing = httpRequest(`${running.url}${path}`, { agent: false });
      outgoing.on("error", () => {});
      onTestFinished(() => void outgoing.destroy());
      outgoing.end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      incoming.on("error", () => {});
      return incoming;
    };

    test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
      "[P88] %s, with its target as written",
      async (method) => {
        const body = method === "GET" || method === "OPTIONS" ? {} : { body: "a body" };
        const seen = await echo("/a/b?c=%20d", { method, ...body });
        expect(seen).toMatchObject({
          method,
          target: "/a/b?c=%20d",
          uri: "/a/b?c=%20d",
          length: "body" in body ? 6 : 0,
        });
      },
    );

    test("an attempt to upgrade is a request like any other", async () => {
      const key = { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" };
      const seen = await echo("/socket", { headers: { connection: "Upgrade", upgrade: "websocket", ...key } });
      expect(seen).toMatchObject({ method: "GET", target: "/socket" });
    });

    test("HEAD has the head of GET and no body, and the next request is clean", async () => {
      const { status, headers, body } = await ask("/file", { method: "HEAD" });
      expect([status, body.length, headers["content-type"]]).toEqual([200, 0, "text/plain"]);
      expect((await echo("/next")).target).toBe("/next");
    });

    test.each([200, 204, 304, 404, 503])("[C12] [C18] status %i", async (code) => {
      expect((await ask(`/status?code=${code}`)).status).toBe(code);
    });

    test("1 MiB up and 1 MiB down, byte for byte", async () => {
      const body = patternBytes(1_048_576);
      const sha256 = createHash("sha256").update(body).digest("hex");
      expect(await echo("/upload", { method: "POST", body })).toMatchObject({ length: body.length, sha256 });
      const down = await ask(`/bytes?size=${body.length}`);
      expect(createHash("sha256").update(down.body).digest("hex")).toBe(sha256);
    });

    test("headers of all the size that the web server takes", async () => {
      const fields: Record<string, string> = {};
      const { headerBytes = 71_680 } = traits;
      const size = Math.min(7_000, headerBytes);
      for (let left = headerBytes; left > 0; left -= size) {
        fields[`x-field-${left}`] = String(left).padEnd(Math.min(size, left) - 16, "f");
      }
      expect((await echo("/", { headers: fields })).fields).toEqual(fields);
    });

    test("[C19] [C21] cookies come and go, each by itself, and bytes above 0x7f stay bytes", async () => {
      const { headers, body } = await ask("/headers", { headers: { cookie: "a=1; b=%20" } });
      expect(body.toString()).toBe("a=1; b=%20");
      expect(headers["set-cookie"]).toEqual(["a=1", "b=2; HttpOnly"]);
      expect(headers["x-latin1"]).toBe("caf\u00e9");
    });

    test("[C10] a redirect is the browser's to follow", async () => {
      const { status, headers } = await ask("/redirect");
      expect([status, headers.location]).toEqual([302, "/elsewhere?x=1"]);
    });

    test("a range of a file", async () => {
      const file = readFileSync(APPLICATION);
      const { status, headers, body } = await ask("/file", { headers: { range: "bytes=3-9" } });
      expect([status, headers["content-range"]]).toEqual([206, `bytes 3-9/${file.length}`]);
      expect(body.equals(file.subarray(3, 10))).toBe(true);
    });

    test("server-sent events come at once, and end when the browser goes", async () => {
      const mark = `stream-${++streams}`;
      const incoming = await open(`/events?mark=${mark}`);
      expect(incoming.headers["content-type"]).toBe("text/event-stream");
      const [first] = (await once(incoming, "data")) as [Buffer];
      expect(first.toString()).toMatch(/^data: \d+\n\n/);
      incoming.destroy();
      if (traits.oneProcess === false) return;
      const ended = async (): Promise<string> => (await ask(`/ended?mark=${mark}`)).body.toString();
      await until("the application hears that the browser has gone", ended, (answer) => answer === "true");
    });

    test("a client that is slow gets all of it, while others are answered", async () => {
      const size = 16_777_216;
      const slow = await open(`/bytes?size=${size}`);
      for (let asked = 0; asked < 5; asked++) expect((await echo(`/${asked}`)).target).toBe(`/${asked}`);
      let length = 0;
      for await (const part of slow as AsyncIterable<Buffer>) length += part.length;
      expect(length).toBe(size);
    });

    test("a client that goes away in the middle harms nobody", async () => {
      for (let times = 0; times < 3; times++) {
        const incoming = await open("/bytes?size=50000000");
        await once(incoming, "data");
        incoming.destroy();
      }
      expect((await echo("/after")).target).toBe("/after");
    });

    test("[P6] 256 requests, 64 at once, each with its own answer", async () => {
      let left = 256;
      const one = async (): Promise<void> => {
        while (left-- > 0) {
          const target = `/?${left}`;
          expect((await echo(target)).target).toBe(target);
        }
      };
      await Promise.all(Array.from({ length: 64 }, one));
    });

    test("the web server is started again, and the application serves on", async () => {
      const before = await echo("/");
      await running.restartServer();
      const after = await echo("/");
      if (traits.spawns !== true) expect(after.pid).toBe(before.pid);
    });
  });
}
