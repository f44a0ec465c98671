import { Params, encodeNameValues } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";
import { describe, expect, test } from "vitest";

import { toReadable, toWebStream } from "../src/body-streams.ts";
import { RequestBody } from "../src/request-body.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A body, and how much waited in it each time its owner was told. */
function body(contentLength?: number): { body: RequestBody; waiting: number[]; push: (text: string) => void } {
  const waiting: number[] = [];
  const params = contentLength === undefined ? {} : { CONTENT_LENGTH: String(contentLength) };
  const body = new RequestBody(new Params(encodeNameValues(params)), {
    onBodyFlow: ({ queued }) => void waiting.push(queued),
  });
  return { body, waiting, push: (text) => body.push(bytes(text), 0, text.length) };
}

describe("as Node's stream", () => {
  test("gives the bytes that came before it was asked for, and those after", async () => {
    const { body: stdin, push } = body();
    push("one ");
    const all = toReadable(stdin).toArray();
    push("two");
    stdin.finish();
    expect(Buffer.concat(await all).toString()).toBe("one two");
    expect(stdin.complete).toBe(true);
  });

  test("[P76] fails when less came than CONTENT_LENGTH", async () => {
    const { body: stdin, push } = body(10);
    push("only 7.");
    stdin.finish();
    await expect(toReadable(stdin).toArray()).rejects.toMatchObject({
      code: "FCGI_ERR_BODY_MISMATCH",
      message: expect.stringContaining("7 of the 10 bytes") as string,
    });
    expect(stdin.complete).toBe(false);
  });

  test("[P76] an empty STDIN is cut short, too, when CONTENT_LENGTH promised more", async () => {
    const { body: stdin } = body(1);
    stdin.finish();
    await expect(toReadable(stdin).toArray()).rejects.toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH" });
  });

  test("[P77] ends after CONTENT_LENGTH bytes, whatever follows and before STDIN ends", async () => {
    const { body: stdin, push } = body(5);
    push("12345678");
    push("9");
    expect(Buffer.concat(await toReadable(stdin).toArray()).toString()).toBe("12345");
    expect(stdin.complete).toBe(true);
  });

  test("a CONTENT_LENGTH of 0 needs no STDIN at all", async () => {
    expect(await toReadable(body(0).body).toArray()).toEqual([]);
  });

  test("[P78] without CONTENT_LENGTH the end of STDIN is the end", async () => {
    const { body: stdin, push } = body();
    push("as much as came");
    stdin.finish();
    expect(Buffer.concat(await toReadable(stdin).toArray()).toString()).toBe("as much as came");
  });

  test("takes no more than it can hold", () => {
    const { body: stdin, push, waiting } = body();
    const readable = toReadable(stdin);
    readable.read(0);
    for (let piece = 0; piece < 10; piece++) push("x".repeat(10_000));
    expect(readable.readableLength).toBeLessThan(30_000);
    expect(waiting.at(-1)).toBe(100_000 - readable.readableLength);
  });

  test("a failure without an ear for it ends nothing but the stream", async () => {
    const { body: stdin } = body();
    const readable = toReadable(stdin);
    readable.resume();
    const closed = new Promise<void>((resolve) => void readable.on("close", resolve));
    stdin.fail(new FastCGIError("FCGI_ERR_ABORTED", "gone"));
    await closed;
    expect(readable.readableEnded).toBe(false);
  });

  test("destroyed by its reader, it holds nothing up any more", () => {
    const { body: stdin, push, waiting } = body();
    push("unread");
    toReadable(stdin).destroy();
    push("more");
    expect(waiting.at(-1)).toBe(0);
  });

  test("asked for after the end of its request, it fails instead of being empty", async () => {
    const { body: stdin, push } = body();
    push("dropped");
    stdin.discard();
    await expect(toReadable(stdin).toArray()).rejects.toMatchObject({ code: "FCGI_ERR_CLOSED" });
  });

  test("a reader who is still at it when the request ends is told", async () => {
    const { body: stdin, push } = body();
    push("some");
    const all = toReadable(stdin).toArray();
    stdin.discard();
    await expect(all).rejects.toMatchObject({ code: "FCGI_ERR_CLOSED" });
  });

  test("has one reader", () => {
    const { body: stdin } = body();
    toReadable(stdin);
    expect(() => toReadable(stdin)).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
  });
});

describe("as a web stream", () => {
  test("gives copies, one a pull", async () => {
    const { body: stdin, push, waiting } = body();
    const chunk = bytes("abcdef");
    stdin.push(chunk, 0, 3);
    push("xyz");
    stdin.finish();
    const reader = toWebStream(stdin).getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString()).toBe("abc");
    expect(value!.buffer.byteLength).toBe(3);
    expect(waiting.at(-1)).toBe(3);
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("xyz");
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test("[P76] fails when it was cut short, also while somebody waits for it", async () => {
    const { body: stdin } = body(4);
    const reading = toWebStream(stdin).getReader().read();
    stdin.finish();
    await expect(reading).rejects.toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH" });
  });

  test("a reader who is still at it when the request ends is told", async () => {
    const { body: stdin } = body();
    const reading = toWebStream(stdin).getReader().read();
    stdin.discard();
    await expect(reading).rejects.toMatchObject({ code: "FCGI_ERR_CLOSED" });
  });

  test("cancelled by its reader, it holds nothing up any more", async () => {
    const { body: stdin, push, waiting } = body();
    push("unread");
    await toWebStream(stdin).cancel();
    push("more");
    expect(waiting.at(-1)).toBe(0);
  });
});
