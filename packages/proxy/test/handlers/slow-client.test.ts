import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, test } from "vitest";

import { BLOCK_SIZE } from "../../src/spool/blocks.ts";
import { HEAD, application } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { eventually } from "../support/open-files.ts";
import type { BackendRequest } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Whoever reads a chunk after its time reads 0xDD.
poisonReleasedSlabs(true);

const WHOLE = 8 * 1024 * 1024;
const PIECE = 65_000;
/** The piece that begins at a place: different at every one. */
const piece = (at: number): string => String.fromCharCode(33 + ((at / PIECE) % 90)).repeat(PIECE);

/** Writes until all is written, or nobody takes any more. @returns how much was written */
async function flood(request: BackendRequest, stuckAt = 1_000_000): Promise<number> {
  let written = 0;
  while (written < WHOLE && request.socket.writableLength < stuckAt) {
    request.write(piece(written));
    written += PIECE;
    await new Promise(setImmediate);
  }
  return written;
}

/** Waits for the gateway between pieces, as an application that is never faster than it. */
async function pour(request: BackendRequest): Promise<number> {
  let written = 0;
  for (; written < WHOLE; written += PIECE) {
    request.write(piece(written));
    await new Promise(setImmediate);
    await eventually(() => request.socket.writableLength < 200_000);
  }
  return written;
}

function expected(length: number): string {
  let text = "";
  for (let at = 0; at < length; at += PIECE) text += piece(at);
  return text;
}

function slow(target = "/"): MemoryExchange {
  const exchange = new MemoryExchange(target);
  exchange.takes = false;
  return exchange;
}

describe("a client that takes nothing", () => {
  test("[TI03] does not hold the application: what it sends is stored, and is all there in the end", async () => {
    const folder = temporaryFolder();
    const { gateway, backend } = await application(() => {}, { config: { limits: { spool: { folder } } } });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    const written = await pour(request);
    request.end();
    await eventually(() => gateway.stats().upstreams.get("app")?.active === 0);
    expect(exchange.text.length).toBeLessThanOrEqual(65_536);
    expect(gateway.stats()).toMatchObject({ active: 1, spool: { files: 1, opened: 1, refused: 0 } });
    exchange.drain();
    expect((await exchange.over()).text === expected(written)).toBe(true);
    expect(exchange.outcome).toBe("complete");
    expect(gateway.stats()).toMatchObject({ active: 0, spool: { files: 0, bytes: 0 } });
  });

  test("and takes a little needs no file", async () => {
    const { gateway, backend } = await application(() => {});
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    for (let count = 0; count < 10; count++) {
      request.write(`${count}`.repeat(BLOCK_SIZE / 8));
      await new Promise(setImmediate);
      exchange.drain();
      exchange.takes = false;
    }
    request.end();
    exchange.drain();
    expect((await exchange.over()).text).toHaveLength((BLOCK_SIZE / 8) * 10);
    expect(gateway.stats().spool.opened).toBe(0);
  });

  test("[TI03] holds it when the spool is full, and lets it go on", async () => {
    const { gateway, backend } = await application(() => {}, {
      config: { limits: { spool: { folder: temporaryFolder(), quota: 4 * BLOCK_SIZE } } },
    });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    const written = await flood(request);
    expect(written).toBeLessThan(WHOLE);
    await eventually(() => gateway.stats().spool.refused === 1);
    expect(gateway.stats().spool.bytes).toBeLessThanOrEqual(2 * BLOCK_SIZE);
    exchange.drain();
    request.end();
    expect((await exchange.over()).text === expected(written)).toBe(true);
    expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
  });

  test('holds it with buffer: "off"', async () => {
    const { gateway, backend } = await application(() => {}, { route: { buffer: "off" } });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    const written = await flood(request);
    expect(written).toBeLessThan(WHOLE);
    expect(exchange.text.length).toBeLessThan(written);
    expect(gateway.stats().spool.opened).toBe(0);
    exchange.drain();
    request.end();
    expect((await exchange.over()).text === expected(written)).toBe(true);
  });

  test("[f21] does not keep the buffers that everybody needs", { timeout: 30_000 }, async () => {
    const text = "x".repeat(60_000);
    const { gateway } = await application((request) => request.end(HEAD + text), { upstream: { capacity: 4 } });
    // The client library lets its users keep 1024 buffers, then it reads no more.
    const exchanges = Array.from({ length: 1_100 }, () => slow());
    for (const exchange of exchanges) {
      gateway.dispatch(exchange, exchange);
      await exchange.until(() => exchange.text !== "");
    }
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, text, outcome: "complete" });
    // So many at once get small pieces: what they do not take is held in memory.
    const held = exchanges.reduce((sum, exchange) => sum + exchange.unsent, 0);
    expect(held).toBeLessThan(16 * 2 ** 20 + exchanges.length * 16_384 + 65_536);
    for (const exchange of exchanges) exchange.drain();
    for (const exchange of exchanges) expect((await exchange.over()).text === text).toBe(true);
  });

  test("[f24] and goes away frees the file", async () => {
    const { gateway, backend } = await application(() => {}, {
      config: { limits: { spool: { folder: temporaryFolder() } } },
    });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    await pour(request);
    expect(gateway.stats().spool.files).toBe(1);
    exchange.onAbort?.();
    await request.aborted();
    expect(gateway.stats()).toMatchObject({ active: 0, spool: { files: 0, bytes: 0 } });
  });

  test("and goes away when the application has ended long ago: the same", async () => {
    const { gateway, backend } = await application(() => {}, {
      config: { limits: { spool: { folder: temporaryFolder() } } },
    });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    await pour(request);
    request.end();
    await eventually(() => gateway.stats().upstreams.get("app")?.active === 0);
    exchange.onAbort?.();
    expect(gateway.stats()).toMatchObject({ active: 0, spool: { files: 0, bytes: 0 } });
  });

  test("[TG18] gets no whole response from an application that dies", async () => {
    const { gateway, backend } = await application(() => {}, {
      config: { limits: { spool: { folder: temporaryFolder() } } },
    });
    const exchange = slow();
    gateway.dispatch(exchange, exchange);
    const request = await backend.request(0);
    request.write(HEAD);
    await pour(request);
    request.kill();
    expect(await exchange.over()).toMatchObject({ status: 200, outcome: "aborted" });
    expect(gateway.stats()).toMatchObject({ active: 0, spool: { files: 0, bytes: 0 } });
  });
});

test("a fast client needs no file, however large the response is", async () => {
  const { gateway } = await application((request) => request.end(HEAD + "x".repeat(4_000_000)));
  expect((await ask(gateway, "/")).text).toHaveLength(4_000_000);
  expect(gateway.stats().spool.opened).toBe(0);
});
