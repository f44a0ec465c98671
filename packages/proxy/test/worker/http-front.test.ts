import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { describe, expect, onTestFinished, test } from "vitest";

import type { AnsweredRequest } from "../../src/worker/answered.ts";
import { GET, answer, begin, start } from "../support/started-front.ts";

describe("what HTTP cannot go on with", () => {
  test("[TA17] [TA26] nonsense is 400 and the end", async () => {
    const { client } = await start();
    for (const bytes of [
      "nonsense\r\n\r\n",
      "get  / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n",
    ]) {
      expect(await client().write(bytes).closed()).toBe(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nBad Request\n",
      );
    }
  });

  test("[TA26] a method that nobody knows is 501, and the end", async () => {
    const { client } = await start();
    for (const method of ["get", "FOO"]) {
      const received = await client().write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n${GET}`).closed();
      expect(received).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\nConnection: close\r\n(?:(?!HTTP\/).)*$/s);
    }
  });

  test("[TA29] [Q6] too many bytes of header are 431, also when the client goes on sending", async () => {
    const { client } = await start({ limits: { headBytes: 1_024, headLines: 100 } });
    const received = await client()
      .write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}`)
      .closed();
    expect(received).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test.each(["Host: a", "X-Forwarded-For: 192.0.2.1"])(
    "[TA30] %s behind 149 other lines is not lost: 431",
    async (last) => {
      const { client } = await start();
      const lines = `${"X: a\r\n".repeat(149)}${last}\r\n`;
      expect(await client().write(`GET / HTTP/1.1\r\n${lines}\r\n`).closed()).toMatch(/^HTTP\/1\.1 431 /);
    },
  );

  test("[TA29] [Q6] too many lines of header are 431", async () => {
    const { client } = await start({ limits: { headBytes: 16_384, headLines: 10 } });
    const received = await client()
      .write(`GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(10)}\r\n`)
      .closed();
    expect(received).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("[TI01] [Q7] a head that takes too long is 408", async () => {
    const { client } = await start({ requestHead: 50 });
    expect(await client().write("GET / HTTP/1.1\r\nHost: a\r\n").closed()).toMatch(
      /^HTTP\/1\.1 408 Request Timeout\r\n/,
    );
  });

  test("[Q7] an idle connection is closed", async () => {
    const { client, next } = await start({ keepAlive: 50 });
    const idle = client().write(GET);
    answer((await next())[1], "done");
    expect(await idle.closed()).toMatch(/done/);
  });

  test("[TA12] a bad chunk is 400 when no answer has begun, and only an end when one has", async () => {
    const { client, next } = await start();
    const post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const silent = client().write(post);
    const [early] = await next();
    early.body.start({ write: () => true, end: () => undefined, error: () => undefined });
    silent.write("zz\r\n");
    expect(await silent.closed()).toMatch(/^HTTP\/1\.1 400 /);

    const begun = client().write(post);
    const [request, response] = await next();
    request.body.start({ write: () => true, end: () => undefined, error: () => undefined });
    begin(response, "begun");
    await begun.until(/begun/);
    begun.write("zz\r\n");
    expect(await begun.closed()).not.toContain("400");
  });

  test("[TA18] nonsense behind a request is not the answer to that request", async () => {
    const { client, next } = await start();
    const all = client().write(GET).write(GET).write("nonsense\r\n\r\n");
    answer((await next())[1], "one");
    const [, second] = await next();
    await all.until(/one$/);
    answer(second, "two", 404);
    expect(await all.closed()).toMatch(/^HTTP\/1\.1 200 [^]*oneHTTP\/1\.1 404 [^]*twoHTTP\/1\.1 400 Bad Request\r\n/);
  });

  test("[TA25] CONNECT is 405 and the end", async () => {
    const { client } = await start();
    expect(await client().write("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").closed()).toMatch(
      /^HTTP\/1\.1 405 Method Not Allowed\r\nConnection: close\r\n/,
    );
  });

  test("[TA24] a wish to upgrade is a plain request", async () => {
    const { client, next } = await start();
    const upgrading = client().write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    answer((await next())[1], "plain");
    expect(await upgrading.until(/plain/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("[TA21] whether a body is wanted is the listener's to say", async () => {
    const { client, next } = await start();
    const asking = client().write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const [, response] = await next();
    answer(response, "", 413);
    expect(await asking.closed()).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("[Q2] [f30] draining", () => {
  test("running requests finish and say that the connection ends; silent and idle connections are closed", async () => {
    const { front, client, next } = await start();
    const running = client().write(GET);
    const [, response] = await next();
    const idle = client().write(GET);
    answer((await next())[1], "first");
    await idle.until(/first/);
    const silent = client();
    await new Promise((resolve) => silent.socket.once("connect", resolve));
    // It must have been accepted, not only connected.
    while (front.connections < 3) await new Promise((resolve) => setImmediate(resolve));

    const drained = front.drain(60_000);
    await idle.closed();
    await silent.closed();
    expect(front.requests).toBe(1);
    answer(response, "last");
    expect(await running.closed()).toMatch(/Connection: close\r\n[^]*last/);
    await drained;
    expect(front.connections).toBe(0);
  });

  test("a response whose head went out before ends its connection all the same", async () => {
    const { front, client, next } = await start();
    const running = client().write(GET);
    const [, response] = await next();
    begin(response, "begun");
    await running.until(/begun/);
    const drained = front.drain(60_000);
    response.end();
    expect(await running.closed()).toMatch(/Connection: keep-alive\r\n[^]*\r\n0\r\n\r\n$/);
    await drained;
  });

  test("what is not done within the grace is cut", async () => {
    const { front, client, next } = await start();
    const running = client().write(GET);
    const [, response] = await next();
    begin(response, "begun");
    await running.until(/begun/);
    await front.drain(20);
    expect(await running.closed()).not.toMatch(/0\r\n\r\n$/);
    expect(front.connections).toBe(0);
  });
});

test("requests that come too early wait", async () => {
  let open = (): void => undefined;
  const { client, next, front } = await start({}, new Promise((resolve) => (open = resolve)));
  const early = client().write(GET);
  while (front.requests === 0) await new Promise((resolve) => setImmediate(resolve));
  let came = false;
  const request = next().then((value) => {
    came = true;
    return value;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(came).toBe(false);
  open();
  answer((await request)[1], "now");
  await early.until(/now/);
});

test("publishes each request when it is over", async () => {
  const answered: AnsweredRequest[] = [];
  const listen = (message: unknown): void => void answered.push(message as AnsweredRequest);
  subscribe("fastcgi:proxy:answered", listen);
  onTestFinished(() => void unsubscribe("fastcgi:proxy:answered", listen));
  const { client, next, front } = await start();
  const one = client().write(GET);
  answer((await next())[1], "no", 404);
  await one.until(/no/);
  const gone = client().write("POST /gone HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  await next();
  gone.socket.destroy();
  while (front.requests > 0 || answered.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toEqual([
    {
      method: "GET",
      target: "/x",
      statusCode: 404,
      bytes: 2,
      complete: true,
      cut: false,
      duration: expect.any(Number) as number,
      remote: "127.0.0.1",
    },
    {
      method: "POST",
      target: "/gone",
      statusCode: 0,
      bytes: 0,
      complete: false,
      cut: false,
      duration: expect.any(Number) as number,
      remote: "127.0.0.1",
    },
  ]);
});

test("tells whether the client went away or the proxy cut the response", async () => {
  const answered: AnsweredRequest[] = [];
  const listen = (message: unknown): void => void answered.push(message as AnsweredRequest);
  subscribe("fastcgi:proxy:answered", listen);
  onTestFinished(() => void unsubscribe("fastcgi:proxy:answered", listen));
  const { client, next, front } = await start();
  const cut = client().write(GET);
  const [, first] = await next();
  begin(first, "half");
  await cut.until(/half/);
  first.abort();
  await cut.closed();
  const none = client().write(GET);
  (await next())[1].abort();
  await none.closed();
  const gone = client().write(GET);
  begin((await next())[1], "half");
  await gone.until(/half/);
  gone.socket.destroy();
  while (front.requests > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(answered.map((it) => [it.statusCode, it.bytes, it.complete, it.cut])).toEqual([
    [200, 4, false, true],
    [0, 0, false, true],
    [200, 4, false, false],
  ]);
});
