import { expect, test } from "vitest";

import { toParamList } from "../src/dispatch-plan.ts";
import type { DispatchFunction, Interceptor } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

/** Adds a param, and says when it is called. */
function adding(name: string, order: string[]): Interceptor {
  return (next: DispatchFunction) => (options, handler) => {
    order.push(name);
    return next({ ...options, params: toParamList(options.params).add(name, "1") }, handler);
  };
}

test("interceptors: the last one is called first, each may change the request", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address);
  const order: string[] = [];
  const composed = pool.compose(adding("INNER", order), adding("OUTER", order));
  const { statusCode, body } = await composed.request({ params: { REQUEST_METHOD: "GET" } });
  expect([statusCode, await body.text()]).toEqual([200, "ok"]);
  expect(order).toEqual(["OUTER", "INNER"]);
  expect(peer.requests[0]!.params.toObject()).toEqual({ REQUEST_METHOD: "GET", OUTER: "1", INNER: "1" });
  expect(composed.stats).toEqual(pool.stats);
  await composed.close();
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CLOSED");
});

test("an interceptor may wrap the handler, and may be composed again", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address);
  let ends = 0;
  const counting: Interceptor = (next) => (options, handler) =>
    next(options, {
      onStdout: (chunk, controller) => handler.onStdout(chunk, controller),
      onEnd: (ended, controller) => {
        ends++;
        handler.onEnd(ended, controller);
      },
      onError: (error, controller) => handler.onError(error, controller),
    });
  await run(pool.compose(counting).compose(counting)).settled;
  expect(ends).toBe(2);
  await pool.compose().destroy();
  expect((await run(pool).settled).code).toBe("FCGI_ERR_DESTROYED");
});
