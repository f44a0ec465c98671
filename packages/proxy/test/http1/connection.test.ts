import type { Socket } from "node:net";

import { describe, expect, test, vi } from "vitest";

import { passing } from "../support/moved-clock.ts";
import { eventually } from "../support/open-files.ts";
import { GET, answer, begin, start } from "../support/started-front.ts";

describe("a response", () => {
  test("[TG18] that is aborted in the turn of its head goes out as far as it was said, and breaks off", async () => {
    const { client, next } = await start();
    const broken = client().write(GET);
    const [, response] = await next();
    begin(response, "half");
    response.abort();
    expect(await broken.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n4\r\nhalf\r\n$/);
  });

  test.each([
    ["copied", 3_000, false],
    ["lent", 6_000, true],
  ])("leaves in one write, though it was said in pieces that are %s", async (_title, size, lent) => {
    const { client, next, sockets } = await start();
    const asking = client().write(GET);
    const [, response] = await next();
    const socket = sockets[0] as Socket & Required<Pick<Socket, "_writev">>;
    const one = vi.spyOn(socket, "_write");
    const many = vi.spyOn(socket, "_writev");
    const writes = (): number => one.mock.calls.length + many.mock.calls.length;
    let back = 0;
    response.start(200, ["Content-Length", String(size * 9)]);
    for (let piece = 0; piece < 9; piece++) {
      response.write(Buffer.alloc(size, "x"), lent ? (): void => void back++ : undefined);
    }
    expect(writes()).toBe(0);
    response.end();
    expect(writes()).toBe(1);
    expect((await asking.until(new RegExp(`x{${size * 9}}$`))).split("\r\n\r\n")[1]).toHaveLength(size * 9);
    await eventually(() => back === (lent ? 9 : 0));
  });

  test("that goes on leaves at the end of the turn, as far as it was said", async () => {
    const { client, next } = await start();
    const asking = client().write(GET);
    const [, response] = await next();
    response.start(200, []);
    for (let piece = 0; piece < 5; piece++) response.write(Buffer.alloc(6_000, "x"), () => undefined);
    expect(await asking.until(/xxx\r\n$/)).toContain("Transfer-Encoding: chunked");
    for (let piece = 0; piece < 5; piece++) response.write(Buffer.alloc(6_000, "y"), () => undefined);
    await asking.until(/yyy\r\n$/);
    response.end();
    const [, body] = (await asking.until(/0\r\n\r\n$/)).split("\r\n\r\n");
    expect(body?.match(/[xy]/g)).toHaveLength(60_000);
  });

  test("can be taken back while nothing of it has left, and then no more", async () => {
    const { client, next } = await start();
    const asking = client().write(GET);
    const [, response] = await next();
    expect(response.withdraw()).toBe(true);
    begin(response, "half");
    expect(response.withdraw()).toBe(true);
    begin(response, "other");
    await asking.until(/other/);
    expect(response.withdraw()).toBe(false);
    response.end();
    expect(response.withdraw()).toBe(false);
    expect(await asking.until(/0\r\n\r\n$/)).not.toContain("half");
  });

  test.each([
    ["more", "1234"],
    ["less", "12"],
  ])("[TG05] with %s body than it announced breaks off, also when nothing of it has left", async (_title, body) => {
    const { client, next } = await start();
    const asking = client().write(GET + GET);
    const [, response] = await next();
    response.start(200, ["Content-Length", "3"]);
    response.write(Buffer.from(body));
    response.end();
    const received = await asking.closed();
    expect(received.match(/HTTP/g)).toHaveLength(1);
    expect(received).not.toMatch(/1234/);
  });

  test.each([
    ["a line end in a value", ["X", "a\r\nY: b"]],
    ["a line end in a name", ["X: a\r\nY", "b"]],
    ["a NUL", ["X", "a\0"]],
    ["a character that is no byte", ["X", "\u0100"]],
    ["two lengths", ["Content-Length", "0", "content-length", "0"]],
    ["a length that is none", ["Content-Length", "1, 1"]],
  ])("[TG03] with %s in its head harms nobody else", async (_title, rawHeaders) => {
    const { client, next } = await start();
    const asking = client().write(GET);
    const [, response] = await next();
    response.start(200, rawHeaders);
    response.end();
    expect(await asking.closed()).toBe("");
    const other = client().write(GET);
    answer((await next())[1], "fine");
    await other.until(/fine$/);
  });

  test("does nothing any more when its turn is over, whatever it is told", async () => {
    const { client, next } = await start();
    const asking = client().write(GET + GET);
    const [, first] = await next();
    answer(first, "one");
    const [, second] = await next();
    first.start(500, []);
    first.write(Buffer.from("late"));
    first.informational(103, ["Link", "x"]);
    first.end();
    first.abort();
    answer(second, "two");
    expect(await asking.until(/two$/)).toMatch(/^HTTP\/1\.1 200 [^]*oneHTTP\/1\.1 200 [^]*two$/);
  });

  test("to a client of HTTP/1.0 ends with the connection, unless its length is known and more is asked for", async () => {
    const { client, next } = await start();
    const old = client().write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    answer((await next())[1], "known");
    await old.until(
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n[^]*known$/,
    );
    old.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const [, streamed] = await next();
    begin(streamed, "str");
    await old.until(/str$/);
    streamed.write(Buffer.from("eamed"));
    streamed.end();
    const received = await old.closed();
    expect(received).toMatch(/known[^]*\r\nConnection: close\r\n[^]*\r\n\r\nstreamed$/);
    expect(received).not.toContain("chunked");
  });

  test("holds the next one back until the client takes it, and reads little ahead", async () => {
    const { client, next, front } = await start();
    const slow = client();
    slow.socket.pause();
    slow.write(GET + GET);
    const [, first] = await next();
    first.start(200, []);
    let writable = true;
    const piece = Buffer.alloc(65_536, "x");
    while (writable) writable = first.write(piece);
    expect(first.unsent).toBeGreaterThan(0);
    const drained = new Promise<void>((resolve) => (first.onDrain = resolve));
    slow.socket.resume();
    await drained;
    first.end();
    answer((await next())[1], "second");
    await slow.until(/second$/);
    expect(front.requests).toBe(0);
  });

  test("gives back what it was lent, once, when it was written or the client has gone", async () => {
    const { client, next, front } = await start();
    const slow = client();
    slow.socket.pause();
    slow.write(GET);
    const [, response] = await next();
    response.start(200, []);
    let lent = 0;
    let back = 0;
    const piece = Buffer.alloc(65_536, "x");
    for (let writable = true; writable; lent++) writable = response.write(piece, () => void back++);
    expect(back).toBeLessThan(lent);
    slow.socket.destroy();
    while (front.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(back).toBe(lent);
    response.write(piece, () => void back++);
    expect(back).toBe(lent + 1);
  });
});

describe("a request", () => {
  test("[TA19] after the last one is nobody's", async () => {
    const { client, next, front } = await start();
    const closing = client().write(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") + GET);
    answer((await next())[1], "one");
    expect((await closing.closed()).match(/HTTP/g)).toHaveLength(1);
    expect(front.requests).toBe(0);
  });

  test("[TA33] whose client says that it sends no more is aborted", async () => {
    const { client, next } = await start();
    const half = client().write(GET);
    const [request, response] = await next();
    const aborted = new Promise<void>((resolve) => (request.onAbort = () => resolve()));
    begin(response, "half");
    await half.until(/half/);
    half.socket.end();
    await aborted;
    expect(await half.closed()).not.toMatch(/0\r\n\r\n$/);
  });

  test("[TI01] whose head comes in drops has as long as any other", async () => {
    const { client, next } = await start({ requestHead: 20_000, keepAlive: 0 });
    const slow = client().write(GET);
    answer((await next())[1], "one");
    await slow.until(/one$/);
    slow.write("GET / HT");
    expect(await passing(slow.closed())).toMatch(/oneHTTP\/1\.1 408 Request Timeout\r\n/);
  });

  test("[Q7] an empty line after the last one is none", async () => {
    const { client, next, sockets } = await start({ requestHead: 20_000, keepAlive: 40_000 });
    const old = client().write(GET);
    answer((await next())[1], "one");
    await old.until(/one$/);
    old.write("\r\n");
    await eventually(() => sockets[0]?.bytesRead === GET.length + 2);
    expect(await passing(old.closed())).toMatch(/one$/);
  });

  test("whose answer is there before its body, and whose client goes in that moment", async () => {
    const { client, next, front } = await start();
    const going = client().write("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
    const [, response] = await next();
    answer(response, "early");
    front.destroy();
    expect(await going.closed()).not.toContain("early");
    while (front.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(front.requests).toBe(0);
  });

  test("[TA20] that is answered before its body is not followed by another one", async () => {
    const { client, next, front } = await start();
    const early = client().write("POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\nhe");
    answer((await next())[1], "early");
    await early.until(/\r\nConnection: close\r\n[^]*early$/);
    early.write(GET + GET + GET);
    expect((await early.closed()).match(/HTTP/g)).toHaveLength(1);
    expect(front.requests).toBe(0);
  });

  test("[TA20] nor when its head was out before: then the rest of the body decides", async () => {
    const { client, next } = await start();
    const early = client().write("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
    const [, response] = await next();
    begin(response, "early");
    await early.until(/early/);
    response.end();
    await early.until(/\r\n0\r\n\r\n$/);
    early.write(`llo${GET}`);
    answer((await next())[1], "two");
    await early.until(/two$/);
  });

  test("[TI01] a connection that says nothing is closed without a word", async () => {
    const { client } = await start({ requestHead: 50 });
    expect(await client().closed()).toBe("");
  });

  test("[TI02] that does not come whole in time is 408 before its answer, and the end after it", async () => {
    const { client, next } = await start({ request: 50 });
    const post = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe";
    const slow = client().write(post);
    const [request] = await next();
    const aborted = new Promise<void>((resolve) => (request.onAbort = () => resolve()));
    const failed = new Promise<Error>((error) =>
      request.body.start({ write: () => true, end: () => undefined, error }),
    );
    expect(await slow.closed()).toMatch(/^HTTP\/1\.1 408 /);
    await Promise.all([aborted, failed]);
    const begun = client().write(post);
    begin((await next())[1], "begun");
    await begun.until(/begun/);
    expect(await begun.closed()).not.toMatch(/408|0\r\n\r\n$/);
  });

  test("a body waits for whoever wants it, and comes as fast as it is taken", async () => {
    const { client, next } = await start();
    const text = "0123456789".repeat(100_000);
    const sending = client().write(`POST / HTTP/1.1\r\nContent-Length: ${text.length}\r\n\r\n${text}${GET}`);
    const [request, response] = await next();
    // Not in the turn in which it came.
    await new Promise((resolve) => setImmediate(resolve));
    let received = "";
    let paused = false;
    const ended = new Promise<void>((end, error) =>
      request.body.start({
        write: (chunk) => {
          expect(paused).toBe(false);
          received += Buffer.from(chunk).toString("latin1");
          paused = true;
          setImmediate(() => {
            paused = false;
            request.body.resume();
          });
          return false;
        },
        end,
        error,
      }),
    );
    await ended;
    expect(received === text).toBe(true);
    answer(response, "one");
    answer((await next())[1], "two");
    await sending.until(/one[^]*two$/);
  });

  test("that is pipelined without end is read no further than a little", async () => {
    const { client, next } = await start();
    const flood = client();
    // 40 MB: more than the kernel takes on its own, which on newer ones can be 36 MiB.
    flood.write(GET + GET.repeat(1_500_000));
    const [request, response] = await next();
    while (flood.socket.writableLength === 0) await new Promise((resolve) => setImmediate(resolve));
    // It would be all gone if it were read.
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(flood.socket.writableLength).toBeGreaterThan(0);
    expect(request.method).toBe("GET");
    answer(response, "one");
    answer((await next())[1], "two");
    await flood.until(/one[^]*two/);
  });
});

test("a body is given in memory that its sink can free: no piece keeps what else came with it", async () => {
  const { client, next } = await start();
  const size = 50_000;
  client()
    .write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    .write(`${size.toString(16)}\r\n${"x".repeat(size)}\r\n0\r\n\r\n`);
  const [request] = await next();
  const pieces: Uint8Array[] = [];
  await new Promise<void>((end, error) => request.body.start({ write: (chunk) => pieces.push(chunk) > 0, end, error }));
  expect(Buffer.concat(pieces).toString()).toBe("x".repeat(size));
  for (const piece of pieces.filter(({ length }) => length >= 8_192))
    expect(piece.buffer.byteLength).toBe(piece.length);
});

test.each([
  ["goes on", true],
  ["is answered all the same", false],
])("a sink that is full with the last of a body, and %s, keeps nothing of the next request back", async (_, goesOn) => {
  const { client, next } = await start();
  const asking = client().write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  const [request, response] = await next();
  const came = new Promise<void>((resolve, error) => {
    const write = (): boolean => (setImmediate(resolve), false);
    request.body.start({ write, end: () => undefined, error });
  });
  asking.write("body");
  await came;
  if (goesOn) request.body.resume();
  answer(response, "first");
  await asking.until(/first/);
  asking.write(GET);
  answer((await next())[1], "second");
  await asking.until(/second/);
});
