import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";

import type { FastCGIErrorCode } from "@x/protocol/errors";
import { afterEach, expect, expectTypeOf, test } from "vitest";

import { isFastCGIError } from "../src/index.ts";
import type { FastCGIError, RequestTrace } from "../src/index.ts";
import { Pool } from "../src/pool.ts";
import { Peer } from "./support/peer.ts";

const channel = tracingChannel("fastcgi:client:request");
const told: [string, RequestTrace][] = [];
const listener =
  (name: string) =>
  (message: object): void =>
    void told.push([name, message as RequestTrace]);
const subscribers = {
  start: listener("start"),
  end: listener("end"),
  asyncStart: listener("asyncStart"),
  asyncEnd: listener("asyncEnd"),
  error: listener("error"),
};
afterEach(() => {
  channel.unsubscribe(subscribers);
  told.length = 0;
});

test("a request is traced from the call to its head", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address);
  const options = { params: { REQUEST_METHOD: "GET" } };
  await (await pool.request(options)).body.text();
  expect(told).toEqual([]);
  channel.subscribe(subscribers);
  const response = await pool.request(options);
  await response.body.text();
  expect(told.map(([name]) => name)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
  const [, trace] = told[0]!;
  expect(told.every(([, message]) => message === trace)).toBe(true);
  expect(trace).toMatchObject({ dispatcher: pool, options, result: response });
});

test("one that fails is told as an error; a span of a tracer is the current one in the call", async () => {
  const spans = new AsyncLocalStorage<string>();
  channel.start.bindStore(spans, () => "span");
  let seen: string | undefined;
  await using pool = new Pool("unix:/nonexistent");
  const traced = pool.compose((next) => (options, handler) => {
    seen = spans.getStore();
    return next(options, handler);
  });
  channel.subscribe(subscribers);
  await expect(traced.request({ params: {} })).rejects.toMatchObject({ code: "FCGI_ERR_CONNECT" });
  channel.start.unbindStore(spans);
  expect(seen).toBe("span");
  expect(told.map(([name]) => name)).toEqual(["start", "end", "error", "asyncStart", "asyncEnd"]);
  expect(told[2]![1].error).toMatchObject({ code: "FCGI_ERR_CONNECT" });
});

test("types narrow by error code", () => {
  const narrow = (error: unknown): void => {
    if (isFastCGIError(error, "FCGI_ERR_QUEUE_TIMEOUT")) {
      expectTypeOf(error).toEqualTypeOf<FastCGIError<"FCGI_ERR_QUEUE_TIMEOUT">>();
      expectTypeOf(error.code).toEqualTypeOf<"FCGI_ERR_QUEUE_TIMEOUT">();
    } else if (isFastCGIError(error)) {
      expectTypeOf(error.code).toEqualTypeOf<FastCGIErrorCode>();
    }
  };
  expect(narrow).not.toThrow();
});
