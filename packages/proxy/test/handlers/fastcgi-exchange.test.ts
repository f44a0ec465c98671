import { join } from "node:path";

import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, test } from "vitest";

import { HEAD, application, serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Whoever reads a chunk after its time reads 0xDD.
poisonReleasedSlabs(true);

describe("a response", () => {
  test("streams: what is written is there before the end", async () => {
    const { gateway, backend } = await application((request) => void request.write(`${HEAD}one`));
    const exchange = new MemoryExchange("/");
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.text === "one");
    backend.requests[0]?.write("two");
    await exchange.until(() => exchange.text === "onetwo");
    backend.requests[0]?.end();
    expect((await exchange.over()).outcome).toBe("complete");
  });

  test("[TG08][TG13] loses what is not for a client, and keeps the rest in order", async () => {
    const { gateway } = await application((request) =>
      request.end(
        "Content-Type: a/b\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a\r\nX-Accel-Redirect: /etc/passwd\r\nSet-Cookie: b\r\nX: \xe4\r\n\r\n",
      ),
    );
    expect((await ask(gateway, "/")).headers).toEqual([
      "Content-Type",
      "a/b",
      "Set-Cookie",
      "a",
      "Set-Cookie",
      "b",
      "X",
      "\xe4",
    ]);
  });

  test("[TG05] longer than its Content-Length is cut there", async () => {
    const { gateway } = await application((request) => request.end(`Content-Length: 3\r\n${HEAD}helloHTTP/1.1 200 OK`));
    expect(await ask(gateway, "/")).toMatchObject({ text: "hel", outcome: "complete" });
  });

  test("[TG06] shorter than its Content-Length is cut visibly", async () => {
    const { gateway } = await application((request) => request.end(`Content-Length: 30\r\n${HEAD}hello`));
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, text: "hello", outcome: "aborted" });
  });

  test("[TG11] to HEAD has no body", async () => {
    const { gateway, backend } = await application((request) => request.end(`Content-Length: 5\r\n${HEAD}hello`));
    expect(await ask(gateway, "/", { method: "HEAD" })).toMatchObject({ status: 200, text: "", outcome: "complete" });
    expect(backend.requests[0]?.params["REQUEST_METHOD"]).toBe("HEAD");
  });

  test("[TG03] 103 goes ahead as early hints", async () => {
    const { gateway } = await application((request) =>
      request.end(`Status: 103\r\nLink: </a.css>; rel=preload\r\nConnection: close\r\n\r\n${HEAD}hello`),
    );
    expect(await ask(gateway, "/")).toMatchObject({
      status: 200,
      text: "hello",
      hints: [[103, ["Link", "</a.css>; rel=preload"]]],
    });
  });

  test("large pieces arrive unchanged, though their buffers are used again", async () => {
    const text = Array.from({ length: 64 }, (_, at) => String.fromCharCode(at + 32).repeat(60_000)).join("");
    const { gateway } = await application((request) => request.end(HEAD + text));
    expect((await ask(gateway, "/")).text === text).toBe(true);
  });

  test("[f24] whose client has gone is aborted", async () => {
    const { gateway, backend } = await application((request) => void request.write(`${HEAD}x`));
    const exchange = new MemoryExchange("/");
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.text === "x");
    exchange.onAbort?.();
    await backend.requests[0]?.aborted();
    expect(gateway.stats().active).toBe(0);
    expect(exchange.outcome).toBe("open");
  });
});

describe("a local redirect", () => {
  const redirecting: Script = (request) => {
    const found = /^\/go\/(\d+)$/.exec(request.params["PATH_INFO"] ?? "");
    if (found === null)
      request.end(
        `${HEAD}${request.params["REQUEST_METHOD"]} ${request.params["REQUEST_URI"]} ${request.params["QUERY_STRING"]}`,
      );
    else
      request.end(found[1] === "0" ? "Location: /there?q=1\r\n\r\n" : `Location: /go/${Number(found[1]) - 1}\r\n\r\n`);
  };

  test("[C8] is followed here, as a GET", async () => {
    const { gateway, backend } = await application(redirecting);
    const answer = await ask(gateway, "/go/0?old", { method: "POST", headers: ["Content-Length", "1"], body: ["x"] });
    expect(answer).toMatchObject({ status: 200, text: "GET /there?q=1 q=1" });
    expect(backend.requests[1]?.params).not.toHaveProperty("CONTENT_LENGTH");
  });

  test("[C8] of a HEAD stays one", async () => {
    const { gateway, backend } = await application(redirecting);
    await ask(gateway, "/go/0", { method: "HEAD" });
    expect(backend.requests[1]?.params["REQUEST_METHOD"]).toBe("HEAD");
  });

  test("[TG12] [TI16] ends after ten", async () => {
    const { gateway, backend } = await application(redirecting);
    expect(await ask(gateway, "/go/9")).toMatchObject({ status: 200 });
    expect(await ask(gateway, "/go/10")).toMatchObject({ status: 500 });
    expect(backend.requests).toHaveLength(11 + 11);
  });

  test.each(["//evil.example/x", "http://evil.example/x", "javascript:alert(1)"])(
    "[TG12] to %s is the client's",
    async (location) => {
      const { gateway } = await application((request) => request.end(`Location: ${location}\r\n\r\n`));
      expect(await ask(gateway, "/")).toMatchObject({ status: 302, headers: ["Location", location] });
    },
  );

  test.each(["/%00", "/../x", "/a%2fb"])("[TG12] to %s is a bad answer", async (location) => {
    const { gateway } = await application((request) => request.end(`Location: ${location}\r\n\r\n`));
    expect(await ask(gateway, "/")).toMatchObject({ status: 502 });
  });
});

describe("an application that fails", () => {
  test.each<[string, Script, number]>([
    ["[f01] dies before it answers", (request) => request.kill(), 502],
    ["[f02] dies within the head", (request) => request.write("Content-Type: a").kill(), 502],
    ["[C24] answers nothing", (request) => request.end(), 502],
    ["[TF15] prints before its head", (request) => request.end("PHP Notice: x\n\nhello"), 502],
    ["[TG03] answers 101", (request) => request.end("Status: 101\r\n\r\n"), 502],
    ["[TG02] answers with a bad status", (request) => request.end("Status: abc\r\n\r\n"), 502],
    ["[TG17] answers with too many headers", (request) => request.end(`${"X: 1\r\n".repeat(201)}\r\n`), 502],
    ["[TF06] answers with garbage", (request) => void request.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), 502],
    [
      "is overloaded",
      (request) => void request.socket.write(Buffer.from([1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0])),
      503,
    ],
  ])("%s", async (_title, script, status) => {
    const { gateway } = await application(script);
    const answer = await ask(gateway, "/", { method: "POST" });
    expect(answer).toMatchObject({ status, outcome: "complete" });
    expect(answer.header("retry-after")).toEqual(status === 503 ? ["1"] : []);
    expect(gateway.stats().active).toBe(0);
  });

  test("[f03] within the body: cut visibly, and the next request works", async () => {
    const { gateway } = await application((request) => {
      if (request.params["PATH_INFO"] === "/die") request.write(`${HEAD}half`).kill();
      else request.end(`${HEAD}fine`);
    });
    expect(await ask(gateway, "/die")).toMatchObject({ status: 200, text: "half", outcome: "aborted" });
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, text: "fine", outcome: "complete" });
  });

  test("is not there: 502, and 200 when it comes", async () => {
    const { gateway, backend } = await application((request) => request.end(`${HEAD}here`));
    await backend.stop();
    expect(await ask(gateway, "/")).toMatchObject({ status: 502 });
    await backend.start();
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, text: "here" });
  });

  test("does not answer in time: 504", async () => {
    const { gateway } = await application(() => {}, { config: { timeouts: { firstByte: 100 } } });
    expect(await ask(gateway, "/")).toMatchObject({ status: 504 });
  });

  test("has no place and too long a queue: 503 with Retry-After", async () => {
    const { gateway, backend } = await application(() => {}, {
      upstream: { capacity: 1 },
      config: { timeouts: { queue: 100 } },
    });
    const first = new MemoryExchange("/");
    gateway.dispatch(first, first);
    const running = await backend.request(0);
    const answer = await ask(gateway, "/");
    expect(answer.status).toBe(503);
    expect(answer.header("retry-after")).toEqual(["1"]);
    running.end(HEAD);
    expect(await first.over()).toMatchObject({ status: 200 });
  });
});

function absentSocket(): string {
  return `unix:${join(temporaryFolder(), "absent.sock")}`;
}

describe("several addresses", () => {
  test("are used in turn", async () => {
    const one = await ScriptedBackend.listen((request) => request.end(`${HEAD}1`));
    const two = await ScriptedBackend.listen((request) => request.end(`${HEAD}2`));
    const gateway = serve({
      upstreams: { app: { addresses: [one.address, two.address] } },
      routes: [{ fastcgi: { upstream: "app" } }],
    });
    const texts: string[] = [];
    for (let count = 0; count < 4; count++) texts.push((await ask(gateway, "/")).text);
    expect(texts).toEqual(["1", "2", "1", "2"]);
  });

  test("an absent one is passed over, and the body goes with the request", async () => {
    const [absent, other] = [absentSocket(), absentSocket()];
    const there = await ScriptedBackend.listen(async (request) => request.end(HEAD + (await request.body())));
    for (const buffer of ["on", "off"] as const) {
      const gateway = serve({
        upstreams: { app: { addresses: [absent, other, there.address], retryBudget: 1 } },
        routes: [{ fastcgi: { upstream: "app", buffer } }],
      });
      for (let count = 0; count < 4; count++) {
        expect(
          await ask(gateway, "/", { method: "POST", headers: ["Content-Length", "3"], body: ["abc"] }),
        ).toMatchObject({ status: 200, text: "abc" });
      }
    }
  });

  test("a request that was sent is not sent elsewhere", async () => {
    const dies: Script = (request) => request.kill();
    const one = await ScriptedBackend.listen(dies);
    const two = await ScriptedBackend.listen(dies);
    const gateway = serve({
      upstreams: { app: { addresses: [one.address, two.address] } },
      routes: [{ fastcgi: { upstream: "app" } }],
    });
    expect(await ask(gateway, "/", { method: "POST" })).toMatchObject({ status: 502 });
    expect(one.requests.length + two.requests.length).toBe(1);
  });

  test("all absent: 502", async () => {
    const gateway = serve({
      upstreams: { app: { addresses: [absentSocket(), absentSocket()] } },
      routes: [{ fastcgi: { upstream: "app" } }],
    });
    expect(await ask(gateway, "/")).toMatchObject({ status: 502 });
  });
});
