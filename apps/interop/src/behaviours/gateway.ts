import { createHash } from "node:crypto";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { patternBytes } from "../application.ts";
import type { Echo } from "../application.ts";
import { send } from "../http.ts";
import type { Send } from "../http.ts";
import { raw } from "../raw.ts";
import { until } from "../until.ts";

/** A web server with the application behind it. */
export interface RunningGateway {
  url: string;
  /** The path under which the application answers. */
  path: string;
  /** What the web server has said, to understand a failure. */
  output?: () => string;
  stop(): Promise<void>;
}

export interface GatewayTraits {
  /** The application decodes forms and has a script path: PHP. */
  php?: boolean;
  /** What a killed application gives is the server's own decision; ours is told by the design. */
  ours?: boolean;
}

/** What every web server must do with every application, whatever the language. */
export function describeGateway(name: string, start: () => Promise<RunningGateway>, traits: GatewayTraits = {}): void {
  describe(name, () => {
    let gateway: RunningGateway;
    beforeAll(async () => {
      gateway = await start();
    });
    afterAll(() => gateway?.stop());

    const get = (query: string, options?: Send) => send(gateway.url, `${gateway.path}?${query}`, options);
    const echo = async (query: string, options?: Send): Promise<Echo> => {
      const { status, body } = await get(query, options);
      expect(status, body.toString()).toBe(200);
      return JSON.parse(body.toString()) as Echo;
    };

    test("[C28] [C31] a GET: method, query and target arrive as sent", async () => {
      const { params } = await echo("mode=echo&q=%20a+b%2F", { headers: { "X-Test": "1" } });
      expect(params["REQUEST_METHOD"]).toBe("GET");
      expect(params["QUERY_STRING"]).toBe("mode=echo&q=%20a+b%2F");
      expect(params["REQUEST_URI"]).toBe(`${gateway.path}?mode=echo&q=%20a+b%2F`);
      expect(params["HTTP_X_TEST"]).toBe("1");
      expect(params["CONTENT_LENGTH"] ?? "").toMatch(/^0?$/);
    });

    test("[C29] a POST: the body arrives byte for byte with its length", async () => {
      const body = patternBytes(300_000);
      const seen = await echo("mode=echo", {
        method: "POST",
        body,
        headers: { "content-type": "application/octet-stream" },
      });
      expect(seen.length).toBe(body.length);
      expect(seen.sha256).toBe(createHash("sha256").update(body).digest("hex"));
      expect(seen.params["CONTENT_LENGTH"]).toBe("300000");
    });

    test("[C29] [P78] a chunked POST: the application is told the exact length", async () => {
      const seen = await echo("mode=echo", {
        method: "POST",
        body: ["one ", "two ", "three"],
        headers: { "content-type": "text/plain" },
      });
      expect(seen.length).toBe(13);
      expect(seen.sha256).toBe(createHash("sha256").update("one two three").digest("hex"));
      expect(seen.params["CONTENT_LENGTH"]).toBe("13");
    });

    test("[V22] [TE04] a Proxy header never becomes HTTP_PROXY", async () => {
      if (traits.ours !== true) return; // nginx passes it unless told otherwise
      const { params } = await echo("mode=echo", { headers: { Proxy: "http://evil.example" } });
      expect(params["HTTP_PROXY"]).toBeUndefined();
    });

    test("[TE08] Authorization reaches the application", async () => {
      const { params } = await echo("mode=echo", { headers: { authorization: "Bearer abc" } });
      expect(params["HTTP_AUTHORIZATION"]).toBe("Bearer abc");
    });

    test.each([201, 204, 304, 404, 418, 500, 503])("[C12] [C18] status %i", async (code) => {
      const { status, body } = await get(`mode=status&code=${code}`);
      expect(status).toBe(code);
      expect(body.toString()).toBe(code === 204 || code === 304 ? "" : `status ${code}`);
    });

    test.each([0, 1, 7, 8, 65_527, 65_528, 65_529, 65_535, 65_536, 1_000_000])(
      "[P11] [C27] a body of %i bytes arrives unchanged",
      async (size) => {
        const { status, body } = await get(`mode=bytes&size=${size}`);
        expect(status).toBe(200);
        expect(body.equals(patternBytes(size))).toBe(true);
      },
    );

    test("[C19] [C21] repeated headers stay apart and bytes above 0x7f stay bytes", async () => {
      const { headers, rawHeaders } = await get("mode=headers");
      expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
      const index = rawHeaders.findIndex((one) => one.toLowerCase() === "x-latin1");
      expect(rawHeaders[index + 1]).toBe("caf\u00e9");
    });

    test("[C26] HEAD: the head without a body, and the next request is clean", async () => {
      const { status, body } = await get("mode=bytes&size=100000", { method: "HEAD" });
      expect(status).toBe(200);
      expect(body.length).toBe(0);
      expect((await get("mode=status&code=200")).body.toString()).toBe("status 200");
    });

    test("a head without a body", async () => {
      const { status, body } = await get("mode=empty");
      expect([status, body.length]).toEqual([200, 0]);
    });

    test("[C10] [C11] a redirect with status", async () => {
      const { status, headers } = await get("mode=redirect");
      expect(status).toBe(302);
      expect(headers.location).toMatch(/\/elsewhere\?x=1$/);
    });

    test("many requests at once are all answered, each with its own answer", async () => {
      const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => echo(`mode=echo&n=${index}`)));
      expect(answers.map(({ params }) => params["QUERY_STRING"])).toEqual(
        answers.map((_, index) => `mode=echo&n=${index}`),
      );
    });

    if (traits.php === true) {
      test("[P75] a form post is a form", async () => {
        const seen = await echo("mode=echo", {
          method: "POST",
          body: "name=Ada+L&x=%26",
          headers: { "content-type": "application/x-www-form-urlencoded" },
        });
        expect(seen.form).toEqual({ name: "Ada L", x: "&" });
      });

      test("[TD06] path info behind the script", async () => {
        const { status, body } = await send(gateway.url, `${gateway.path}/path/info?q=1`);
        expect(status).toBe(200);
        const { params } = JSON.parse(body.toString()) as Echo;
        expect(params["SCRIPT_NAME"]).toBe(gateway.path);
        expect(params["PATH_INFO"]).toBe("/path/info");
        expect(params["QUERY_STRING"]).toBe("q=1");
      });
    }

    if (traits.ours === true) {
      test("[f01] an application killed before the head: 502, and the next request works", async () => {
        const { status } = await get("mode=die");
        expect(status).toBe(502);
        await untilItAnswers();
      });

      test("[f03] [TG18] an application killed after the head: the answer is cut visibly, without a final chunk", async () => {
        const { text } = await raw(
          gateway.url,
          `GET ${gateway.path}?mode=die-late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        );
        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(text).toMatch(/\r\ntransfer-encoding: chunked\r\n/i);
        expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
        await untilItAnswers();
      });
    }

    /** A killed process takes a moment to come back; whoever started it restarts it. */
    async function untilItAnswers(): Promise<void> {
      const { output } = gateway;
      const ask = async (): Promise<number> => (await get("mode=status&code=200")).status;
      const more = output === undefined ? {} : { output };
      const others = (status: number): boolean => (expect(status).toBeOneOf([200, 502]), status === 200);
      await until("the application answers again", ask, others, more);
    }
  });
}
