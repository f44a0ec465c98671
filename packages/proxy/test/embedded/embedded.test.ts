import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { FetchHandler } from "../../src/embedded/fetch-handler.ts";
import type { Gateway } from "../../src/gateway.ts";
import { createProxyServer } from "../../src/server.ts";
import { serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function handled(handler: FetchHandler, more: Partial<RouteConfig> = {}, config = {}): Gateway {
  return serve({ routes: [{ handler, ...more }], ...config });
}

/** A stream that is read by hand. */
function stream(): {
  body: ReadableStream<Uint8Array>;
  controller: ReadableStreamDefaultController;
  cancelled: Promise<void>;
} {
  let controller!: ReadableStreamDefaultController;
  let cancel!: () => void;
  const cancelled = new Promise<void>((resolve) => (cancel = resolve));
  const body = new ReadableStream<Uint8Array>({ start: (it) => void (controller = it), cancel });
  return { body, controller, cancelled };
}

describe("a handler gets", () => {
  test("method, URL, headers and body of the request", async () => {
    const gateway = handled(async (request, { remote, requestUri }) => {
      const headers = Object.fromEntries(request.headers);
      return Response.json({
        method: request.method,
        url: request.url,
        headers,
        body: await request.text(),
        remote,
        requestUri,
      });
    });
    const answer = await ask(gateway, "/a%20b/../c%20d?x=%20|", {
      method: "PUT",
      host: "example.org:8080",
      headers: ["Content-Length", "6", "X-Own", "1", "Connection", "close", "Cookie", "a=1", "Cookie", "b=2"],
      body: ["abc", "def"],
    });
    expect(JSON.parse(answer.text)).toEqual({
      method: "PUT",
      url: "http://example.org:8080/c%20d?x=%20|",
      headers: { host: "example.org:8080", "content-length": "6", "x-own": "1", cookie: "a=1; b=2" },
      body: "abcdef",
      remote: { address: "127.0.0.1", port: 40_000 },
      requestUri: "/a%20b/../c%20d?x=%20|",
    });
  });

  test("the path that the routes saw", async () => {
    const gateway = serve({
      routes: [
        { match: "/open/*", handler: (request) => new Response(request.url) },
        { handler: () => new Response("closed") },
      ],
    });
    expect((await ask(gateway, "/open/%2e%2e/secret")).text).toBe("closed");
    expect((await ask(gateway, "/x/..//open/%C3%BC")).text).toBe("http://localhost/open/%C3%BC");
  });

  test("what an authorizer said", async () => {
    const guard = await ScriptedBackend.listen((request) =>
      request.end(
        request.params["HTTP_X_KEY"] === undefined
          ? "Status: 403\r\n\r\n"
          : "Status: 200\r\nVariable-REMOTE_USER: ada\r\n\r\n",
      ),
    );
    const gateway = handled(
      (_request, { variables }) => new Response(variables["REMOTE_USER"] ?? ""),
      { authorize: { upstream: "guard" } },
      { upstreams: { guard: { addresses: [guard.address] } } },
    );
    expect((await ask(gateway, "/")).status).toBe(403);
    expect((await ask(gateway, "/", { headers: ["X-Key", "1"] })).text).toBe("ada");
  });

  test("the body when it asks for it: 100 Continue goes out then", async () => {
    let ask100!: () => void;
    const wanted = new Promise<void>((resolve) => (ask100 = resolve));
    const gateway = handled(async (request) => {
      await wanted;
      return new Response(await request.text());
    });
    const exchange = new MemoryExchange("/", {
      method: "POST",
      headers: ["Content-Length", "2", "Expect", "100-continue"],
      body: ["ok"],
    });
    gateway.dispatch(exchange, exchange);
    expect([exchange.sink, exchange.hints]).toEqual([undefined, []]);
    ask100();
    expect(await exchange.over()).toMatchObject({ text: "ok", hints: [[100, []]] });
  });

  test("the body no faster than it reads", async () => {
    let reader!: ReadableStreamDefaultReader<Uint8Array>;
    const gateway = handled(async (request) => {
      reader = (request.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      return new Response("one");
    });
    const exchange = new MemoryExchange("/", { method: "POST", headers: ["Content-Length", "4"], manual: true });
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.sink !== undefined);
    expect(exchange.sink?.write(Buffer.from("ab"))).toBe(false);
    expect((await exchange.over()).text).toBe("one");
  });

  test("an aborted signal when the client has gone", async () => {
    let heard!: () => void;
    const aborted = new Promise<void>((resolve) => (heard = resolve));
    const gateway = handled((request) => {
      request.signal.addEventListener("abort", heard);
      return new Promise<Response>(() => undefined);
    });
    const exchange = new MemoryExchange("/");
    gateway.dispatch(exchange, exchange);
    exchange.onAbort?.();
    await aborted;
    expect(gateway.stats().active).toBe(0);
  });

  test("a body that breaks off as an error, and one over the limit is 413", async () => {
    const failures: unknown[] = [];
    const gateway = handled(
      (request) =>
        request.text().then(
          (text) => new Response(text),
          (error: unknown) => (failures.push(error), new Response("broken")),
        ),
      {},
      { limits: { body: 4 } },
    );
    const length = ["Transfer-Encoding", "chunked"];
    const broken = await ask(gateway, "/", { method: "POST", headers: length, body: ["ab", new Error("gone")] });
    expect(broken.text).toBe("broken");
    expect(failures).toHaveLength(1);
    expect((await ask(gateway, "/", { method: "POST", headers: length, body: ["abc", "def"] })).status).toBe(413);
  });
});

describe("the response of a handler", () => {
  test("goes out with its status, text, headers and cookies, without those of the connection", async () => {
    const gateway = handled(() => {
      const headers = new Headers({ "X-Own": "\xe4", Connection: "close", "X-Sendfile": "/etc/passwd" });
      headers.append("Set-Cookie", "a=1");
      headers.append("Set-Cookie", "b=2");
      return new Response("hi", { status: 201, statusText: "Made", headers });
    });
    const answer = await ask(gateway, "/");
    expect(answer).toMatchObject({ status: 201, statusText: "Made", text: "hi", outcome: "complete" });
    expect(answer.header("set-cookie")).toEqual(["a=1", "b=2"]);
    expect(answer.header("x-own")).toEqual(["\xe4"]);
    expect([...answer.header("connection"), ...answer.header("x-sendfile")]).toEqual([]);
  });

  test("streams, and waits for a client that is slow", async () => {
    const { body, controller } = stream();
    const gateway = handled(() => new Response(body));
    const exchange = new MemoryExchange("/");
    exchange.takes = false;
    gateway.dispatch(exchange, exchange);
    controller.enqueue(Buffer.from("one"));
    await exchange.until(() => exchange.text === "one");
    controller.enqueue(Buffer.from("two"));
    controller.close();
    await new Promise(setImmediate);
    expect(exchange.text).toBe("one");
    exchange.drain();
    expect(await exchange.over()).toMatchObject({ text: "onetwo", outcome: "complete" });
  });

  test("whose client has gone is cancelled", async () => {
    const { body, controller, cancelled } = stream();
    const gateway = handled(() => new Response(body));
    const exchange = new MemoryExchange("/");
    gateway.dispatch(exchange, exchange);
    controller.enqueue(Buffer.from("one"));
    await exchange.until(() => exchange.text === "one");
    exchange.onAbort?.();
    await cancelled;
    expect(gateway.stats().active).toBe(0);
  });

  test("to HEAD has no body, and the stream is cancelled", async () => {
    const { body, cancelled } = stream();
    const gateway = handled(() => new Response(body, { headers: { "X-Own": "1" } }));
    expect(await ask(gateway, "/", { method: "HEAD" })).toMatchObject({ status: 200, text: "", outcome: "complete" });
    await cancelled;
  });

  test.each([204, 304])("with status %i has no body", async (status) => {
    const gateway = handled(() => new Response(null, { status }));
    expect(await ask(gateway, "/")).toMatchObject({ status, text: "", outcome: "complete" });
  });

  test("that breaks off, or is shorter than it said, is cut; one that is longer ends there", async () => {
    const length = { headers: { "Content-Length": "3" } };
    const { body, controller } = stream();
    const broken = handled(() => new Response(body));
    const exchange = new MemoryExchange("/");
    broken.dispatch(exchange, exchange);
    controller.enqueue(Buffer.from("one"));
    await exchange.until(() => exchange.text === "one");
    controller.error(new Error("no more"));
    expect((await exchange.over()).outcome).toBe("aborted");
    expect(
      await ask(
        handled(() => new Response("ab", length)),
        "/",
      ),
    ).toMatchObject({ outcome: "aborted" });
    expect(
      await ask(
        handled(() => new Response("abcdef", length)),
        "/",
      ),
    ).toMatchObject({ text: "abc", outcome: "complete" });
  });
});

describe("a handler that fails", () => {
  test.each<[string, FetchHandler]>([
    [
      "throws",
      () => {
        throw new Error("why");
      },
    ],
    ["rejects", () => Promise.reject(new Error("why"))],
    ["rejects with a text", () => Promise.reject("why")],
    ["gives nothing", () => undefined as unknown as Response],
    ["gives Response.error()", () => Response.error()],
  ])("and %s is a 500, and the next request is served", async (what, fetch) => {
    let calls = 0;
    const gateway = handled((request, context) => (calls++ === 0 ? fetch(request, context) : new Response("ok")));
    const answer = await ask(gateway, "/");
    expect(answer.status).toBe(500);
    expect(answer.text).toContain(/throws|rejects/.test(what) ? "why" : "not a Response");
    expect((await ask(gateway, "/")).text).toBe("ok");
  });

  test("does not show why to strangers", async () => {
    const gateway = handled(() => Promise.reject(new Error("secret")), {}, { errors: "plain" });
    expect((await ask(gateway, "/")).text).not.toContain("secret");
  });

  test("to answer in time is a 504, and its late response is dropped", async () => {
    let answer!: (response: Response) => void;
    const gateway = handled(() => new Promise((resolve) => (answer = resolve)), {}, { timeouts: { firstByte: 100 } });
    expect((await ask(gateway, "/")).status).toBe(504);
    const { body, cancelled } = stream();
    answer(new Response(body));
    await cancelled;
  });

  test("a host that no URL can have is refused", async () => {
    const gateway = handled(() => new Response("x"));
    expect((await ask(gateway, "/", { host: "1.2.3.999" })).status).toBe(400);
  });
});

describe("a module", () => {
  function put(code: string): string {
    const path = join(temporaryFolder(), "live.ts");
    writeFileSync(path, code);
    return path;
  }

  test.each([
    ["a function", "export default (request: Request): Response => new Response(request.method);"],
    ["an object with fetch", "export default { word: 'GET', fetch(): Response { return new Response(this.word); } };"],
  ])("gives %s as its default export", async (_what, code) => {
    const gateway = serve({ routes: [{ handler: put(code) }] });
    expect((await ask(gateway, "/")).text).toBe("GET");
  });

  test.each([
    ["does not exist", () => join(temporaryFolder(), "none.ts"), "does not exist"],
    ["cannot be run", () => put("throw new Error('why');"), "cannot be run: why"],
    ["gives no handler", () => put("export default 3;"), "has no default export that answers requests"],
  ])("that %s keeps the server from starting, and says why", async (_what, path, message) => {
    const server = createProxyServer({ listen: ["127.0.0.1:0"], routes: [{ handler: path() }] });
    await expect(server.listen()).rejects.toThrow(message);
  });
});
