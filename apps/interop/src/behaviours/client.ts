import { createHash } from "node:crypto";

import { Pool } from "@x/client";
import type { PoolOptions, ResponseData } from "@x/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { patternBytes } from "../application.ts";
import type { Echo } from "../application.ts";
import { describeConnections } from "./client-connections.ts";
import type { ConnectionTraits } from "./client-connections.ts";

/** An application that listens, and what it needs to be told. */
export interface RunningApplication {
  address: string;
  /** For PHP, which must be told the file. */
  script?: string;
  stop(): Promise<void>;
}

export interface ApplicationTraits {
  options?: PoolOptions;
  /** It writes to FCGI_STDERR when asked. */
  stderr?: boolean;
  /** HTTP_ params of 4,000 bytes that it takes in one request. @default 40 */
  params?: number;
  /** It speaks FastCGI: how it behaves as far as the specification, or its author, leaves that open. */
  fastcgi?: ConnectionTraits;
}

/** What our client must get from every application, whatever the language. */
export function describeApplication(
  name: string,
  start: () => Promise<RunningApplication>,
  traits: ApplicationTraits = {},
): void {
  describe(name, () => {
    let application: RunningApplication;
    let pool: Pool;
    beforeAll(async () => {
      application = await start();
      pool = new Pool(application.address, traits.options);
    });
    afterAll(async () => {
      // Not closed: a test that failed may have left a body that nobody reads.
      await pool?.destroy();
      await application?.stop();
    });

    const request = (
      query: string,
      more: { method?: string; body?: Uint8Array; params?: Record<string, string> } = {},
    ): Promise<ResponseData> => {
      const { method = "GET", body, params } = more;
      return pool.request({
        params: {
          GATEWAY_INTERFACE: "CGI/1.1",
          SERVER_PROTOCOL: "HTTP/1.1",
          SERVER_SOFTWARE: "interop",
          SERVER_NAME: "localhost",
          SERVER_PORT: "80",
          REMOTE_ADDR: "127.0.0.1",
          REQUEST_METHOD: method,
          REQUEST_URI: `/application?${query}`,
          SCRIPT_NAME: "/application",
          QUERY_STRING: query,
          HTTP_HOST: "localhost",
          SCRIPT_FILENAME: application.script,
          CONTENT_LENGTH: body === undefined ? undefined : String(body.length),
          CONTENT_TYPE: body === undefined ? undefined : "application/octet-stream",
          ...params,
        },
        stdin: body,
        idempotent: method === "GET",
      });
    };
    const echo = async (query: string, more?: Parameters<typeof request>[1]): Promise<Echo> => {
      const { statusCode, body } = await request(query, more);
      expect(statusCode).toBe(200);
      return (await body.json()) as Echo;
    };

    test("[P74] [P76] a body arrives byte for byte", async () => {
      const body = patternBytes(1_000_003);
      const seen = await echo("mode=echo", { method: "POST", body });
      expect(seen.length).toBe(body.length);
      expect(seen.sha256).toBe(createHash("sha256").update(body).digest("hex"));
    });

    test.each([0, 1, 65_527, 65_528, 65_536, 3_000_000])(
      "[P11] an answer of %i bytes arrives byte for byte",
      async (size) => {
        const { body } = await request(`mode=bytes&size=${size}`);
        expect(Buffer.from(await body.bytes()).equals(patternBytes(size))).toBe(true);
      },
    );

    test("[P38] many params, where it takes them over 64 KiB and so cut between pairs, all arrive", async () => {
      const params: Record<string, string> = {};
      for (let index = 0; index < (traits.params ?? 40); index++) params[`HTTP_X_FILL_${index}`] = "f".repeat(4_000);
      const seen = await echo("mode=echo", { params: { ...params, HTTP_X_TEST: "last" } });
      expect(seen.params["HTTP_X_TEST"]).toBe("last");
    });

    test("[C19] repeated headers stay apart", async () => {
      const { headers } = await request("mode=headers");
      expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    });

    test("[P95] a hundred requests at once, each with its own answer", async () => {
      const seen = await Promise.all(Array.from({ length: 100 }, (_, index) => echo(`mode=echo&n=${index}`)));
      expect(seen.map(({ params }) => params["QUERY_STRING"])).toEqual(seen.map((_, index) => `mode=echo&n=${index}`));
    });

    test("[P66] an aborted request harms no later one", async () => {
      const controller = new AbortController();
      const { body } = await pool.request({
        params: {
          REQUEST_METHOD: "GET",
          QUERY_STRING: "mode=bytes&size=50000000",
          SCRIPT_NAME: "/application",
          SERVER_PROTOCOL: "HTTP/1.1",
          REQUEST_URI: "/application?mode=bytes&size=50000000",
          SCRIPT_FILENAME: application.script,
        },
        idempotent: true,
        signal: controller.signal,
      });
      controller.abort();
      await expect(body.bytes()).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
      const { body: next } = await request("mode=status&code=200");
      expect(await next.text()).toBe("status 200");
    });

    if (traits.fastcgi !== undefined) describeConnections(() => application, traits.fastcgi);

    if (traits.stderr === true) {
      test("[P93] stderr comes beside the answer", async () => {
        const { body, stderr } = await request("mode=stderr");
        expect(await body.text()).toBe("stderr");
        expect(await stderr).toContain("a line for the log");
      });
    }
  });
}
