import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";

import { ScgiRequestDecoder } from "@x/protocol/scgi";
import { describe, expect, onTestFinished, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { HEAD, serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An SCGI application that answers with what it was asked. */
async function scgiApplication(answer: (params: Record<string, string>, body: string) => string): Promise<string> {
  const path = join(temporaryFolder(), "app.sock");
  const server = createServer((socket) => {
    let params: Record<string, string> = {};
    let body = "";
    const decoder = new ScgiRequestDecoder({
      onRequest: (it) => void (params = it.toObject()),
      onBody: (chunk, start, end) => void (body += Buffer.from(chunk.subarray(start, end)).toString("latin1")),
      onBodyEnd: () => void socket.end(answer(params, body), "latin1"),
    });
    socket.on("data", (chunk: Uint8Array) => decoder.push(chunk)).on("error", () => undefined);
  }).listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `scgi+unix:${path}`;
}

describe("an application that speaks SCGI", () => {
  test("[S3][S7] gets params and body, of unknown length too, and its answer goes out", async () => {
    const address = await scgiApplication(
      (params, body) => `${HEAD}${params["REQUEST_METHOD"]} ${params["PATH_INFO"]} ${params["CONTENT_LENGTH"]} ${body}`,
    );
    const gateway = serve({ upstreams: { app: { addresses: [address] } }, routes: [{ fastcgi: { upstream: "app" } }] });
    expect((await ask(gateway, "/a")).text).toBe("GET /a 0 ");
    const posted = await ask(gateway, "/a", {
      method: "POST",
      headers: ["Transfer-Encoding", "chunked"],
      body: ["abc", "def"],
    });
    expect(posted.text).toBe("POST /a 6 abcdef");
  });

  test("[S9] may begin with a status line", async () => {
    const address = await scgiApplication(() => "HTTP/1.0 418 Teapot\r\nX-Own: 1\r\n\r\nshort");
    const gateway = serve({ upstreams: { app: { addresses: [address] } }, routes: [{ fastcgi: { upstream: "app" } }] });
    expect(await ask(gateway, "/")).toMatchObject({ status: 418, text: "short" });
  });

  test("[S11] whose answer is cut short is told by Content-Length", async () => {
    const address = await scgiApplication(() => `Content-Length: 9\r\n${HEAD}abc`);
    const gateway = serve({ upstreams: { app: { addresses: [address] } }, routes: [{ fastcgi: { upstream: "app" } }] });
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, outcome: "aborted" });
  });

  test.each<[string, object, object, string]>([
    ["multiplexing", { multiplex: 2 }, { fastcgi: { upstream: "app" } }, "leave multiplex out"],
    ["unbuffered bodies", {}, { fastcgi: { upstream: "app", buffer: "off" } }, 'cannot be "off" with SCGI'],
    ["the Filter role", {}, { filter: { upstream: "app", root: "/" } }, "a filter needs FastCGI"],
    [
      "the Authorizer role",
      {},
      { authorize: { upstream: "app" }, fastcgi: { upstream: "app" } },
      'add role "responder"',
    ],
  ])("cannot have %s, and the configuration says so", (_what, upstream, route, message) => {
    const config = { upstreams: { app: { addresses: ["scgi+unix:/run/app.sock"], ...upstream } }, routes: [route] };
    expect(() => expandConfig(config as ProxyConfig)).toThrow(message);
  });
});
