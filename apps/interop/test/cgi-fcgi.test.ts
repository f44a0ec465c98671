// cgi-fcgi of libfcgi, an independent client, in front of our responder.
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Echo } from "../src/application.ts";
import { needs } from "../src/needs.ts";
import { startCgiFcgi } from "../src/peers/cgi-fcgi.ts";
import { startResponder } from "../src/peers/responder.ts";
import type { Program } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";

describe.runIf(needs("libfcgi-bin", ["cgi-fcgi"]))("cgi-fcgi calls @x/responder", () => {
  const folder = temporaryFolder();
  const socket = join(folder.path, "application.sock");
  let application: Program;
  beforeAll(async () => {
    application = await startResponder(socket);
  });
  afterAll(async () => {
    await application?.stop();
    folder.remove();
  });

  const call = async (environment: Record<string, string>): Promise<{ head: string; body: string }> => {
    const calling = startCgiFcgi(socket, environment);
    calling.stdin.end();
    const [head = "", body = ""] = (await text(calling.stdout)).split("\r\n\r\n");
    return { head, body };
  };

  test("[P3] [P43] a request on a connection that is not kept", async () => {
    const { head, body } = await call({ REQUEST_METHOD: "GET", QUERY_STRING: "mode=status&code=404" });
    expect(head).toMatch(/^Status: 404/m);
    expect(body).toBe("status 404");
  });

  test("[P37] [P38] it cuts pairs at 8,192 bytes, which we put together again", async () => {
    const long = "x".repeat(20_000);
    const { body } = await call({ REQUEST_METHOD: "GET", QUERY_STRING: "mode=echo", HTTP_X_LONG: long });
    expect((JSON.parse(body) as Echo).params["HTTP_X_LONG"]).toBe(long);
  });
});
