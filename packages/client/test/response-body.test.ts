import { once } from "node:events";
import { finished } from "node:stream/promises";

import { afterEach, beforeEach, expect, test } from "vitest";

import { MockDispatcher } from "../src/mock/index.ts";
import type { ResponseBody } from "../src/response-body.ts";
import { turns } from "./support/clock.ts";

let mock: MockDispatcher;
let go: () => void;
beforeEach(() => {
  mock = new MockDispatcher();
});
afterEach(() => mock.destroy());

/** A body of two chunks; the second one comes when `go` is called. */
async function bodyOf(first = "one ", second = "two"): Promise<ResponseBody> {
  const event = new Promise<void>((resolve) => (go = resolve));
  const chunks = (async function* () {
    yield first;
    await event;
    yield second;
  })();
  mock.intercept({}).reply(200, chunks);
  return (await mock.request({ params: { REQUEST_METHOD: "GET" } })).body;
}

test("all of it, asked for before it came, while it comes and when it is there", async () => {
  const early = await bodyOf();
  const asked = early.text();
  go();
  expect(await asked).toBe("one two");

  const late = await bodyOf();
  go();
  await turns();
  await turns();
  expect(Buffer.from(await late.bytes()).toString()).toBe("one two");
});

test("what came before the first read comes out first, as a stream", async () => {
  const body = await bodyOf();
  await turns();
  const pieces: string[] = [];
  for await (const chunk of body) {
    pieces.push(String(chunk));
    go();
  }
  expect(pieces.join("")).toBe("one two");
  expect(body.readableEnded).toBe(true);
});

test("it can be read once, whichever way", async () => {
  const text = await bodyOf();
  go();
  await text.text();
  for (const again of [text.text(), text.bytes(), text.json(), text.arrayBuffer()]) {
    await expect(again).rejects.toMatchObject({
      code: "FCGI_ERR_INVALID_ARGUMENT",
      message: "The body was already read.",
    });
  }
  const stream = await bodyOf();
  go();
  await stream.toArray();
  await expect(stream.text()).rejects.toMatchObject({ message: "The body was already read." });
});

test("whoever listens hears of the end, before or after all was read in one", async () => {
  const before = await bodyOf();
  const heard = once(before, "end");
  const text = before.text();
  go();
  expect(await text).toBe("one two");
  await heard;

  const after = await bodyOf();
  go();
  await after.text();
  await finished(after);
  expect(after.destroyed).toBe(true);

  const looked = await bodyOf();
  go();
  await looked.text();
  expect(await looked.toArray()).toEqual([]);
});

test("a stream that was made to read ahead still gives all", async () => {
  const body = await bodyOf();
  body.read(0);
  go();
  await turns();
  expect(await body.text()).toBe("one two");
});

test("an empty body", async () => {
  mock.intercept({}).reply(204).times(2);
  const { body } = await mock.request({ params: {} });
  await turns();
  expect(await body.text()).toBe("");
  const { body: other } = await mock.request({ params: {} });
  expect(await other.toArray()).toEqual([]);
});

test("destroyed before its end, with and without an error: the request is aborted, and nobody has to listen", async () => {
  const plain = await bodyOf();
  const asked = plain.text();
  plain.destroy();
  await expect(asked).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(mock.calls[0]?.signal.aborted).toBe(true);

  const failed = await bodyOf();
  failed.destroy(new Error("enough"));
  await turns();
  await expect(failed.text()).rejects.toThrow("enough");
});

test("the end of the request is told to those who ask early, late, or twice", async () => {
  mock.intercept({}).reply(200, "x").stderr("note").appStatus(7).times(2);
  const early = await mock.request({ params: {} });
  const asked = [early.stderr, early.stderr, early.ended];
  await early.body.text();
  expect(await Promise.all(asked)).toEqual(["note", "note", { appStatus: 7 }]);
  const late = await mock.request({ params: {} });
  await late.body.text();
  expect([await late.stderr, await late.ended]).toEqual(["note", { appStatus: 7 }]);
});

test("a failure after the head is told by body and end, and needs no listener", async () => {
  mock.intercept({}).reply(
    200,
    (async function* () {
      yield "part";
      throw new Error("boom");
    })(),
  );
  const response = await mock.request({ params: {} });
  await expect(response.body.text()).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  await expect(response.ended).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(await response.stderr).toBe("");
});

test("all of a large body, with and without its length, and nothing of one that only has a length", async () => {
  const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
  for (const headers of [{}, { "Content-Length": "300000" }]) {
    mock.intercept({}).reply(200, content, headers).times(2);
    // oxlint-disable-next-line no-await-in-loop
    const { body } = await mock.request({ params: {} });
    // oxlint-disable-next-line no-await-in-loop
    expect(content.equals(await body.bytes())).toBe(true);
    // oxlint-disable-next-line no-await-in-loop
    const { body: other } = await mock.request({ params: {} });
    // oxlint-disable-next-line no-await-in-loop
    expect(content.equals(Buffer.from(await other.arrayBuffer()))).toBe(true);
  }
  mock.intercept({ method: "HEAD" }).reply(200, "", { "Content-Length": "300000" });
  const { body } = await mock.request({ params: { REQUEST_METHOD: "HEAD" } });
  expect(await body.bytes()).toHaveLength(0);
});
