import type { Pool, PoolOptions } from "@x/client";

import type { Case, Target } from "./cases.ts";
import { nextPort, paramsOf, placeOf } from "./cases.ts";
import type { Contender, Doors, Send } from "./contender.ts";

/** `pool.dispatch` with the reading of response heads, connections kept. */
export const dispatch: Contender = ours("dispatch", pooled, byDispatch);

/** `pool.request`, its body read by `bytes()`. */
export const request: Contender = ours("request()", pooled, byRequest);

/** All requests on one connection. */
export const multiplexed: Contender = {
  ...ours(
    "dispatch, multiplexed on one connection",
    () => ({ multiplex: 256, connections: 1, queue: 1_000 }),
    byDispatch,
  ),
  peers: "multiplexing",
};

function ours(
  name: string,
  options: (one: Case, target: Target) => PoolOptions,
  by: (doors: Doors, pool: Pool, one: Case, target: Target) => Send,
): Contender {
  return {
    name,
    peers: "all",
    ours: true,
    npm: false,
    prepare: (doors, target, one) => {
      const pool = new doors.client.Pool(`unix:${placeOf(one, target).path}`, {
        queueTimeout: 0,
        ...options(one, target),
      });
      return { send: by(doors, pool, one, target), close: () => pool.destroy() };
    },
  };
}

function pooled({ concurrency }: Case, { capacity }: Target): PoolOptions {
  return { capacity: capacity ?? concurrency, queue: 1_000 };
}

function byDispatch({ client }: Doors, pool: Pool, one: Case, target: Target): Send {
  const params = Object.entries(paramsOf(one, target));
  const port = params.find(([name]) => name === "REMOTE_PORT")!;
  const stdin = one.post > 0 ? Buffer.alloc(one.post, 120) : undefined;
  return (ended) => {
    let bytes = 0;
    port[1] = nextPort();
    const handler = client.responseHandler({
      onResponseStart: () => {},
      onResponseData: (_, chunk) => (bytes += chunk.length),
      onResponseEnd: () => ended(bytes),
      onResponseError: () => ended(-1),
    });
    pool.dispatch({ params, stdin, idempotent: true }, handler);
  };
}

function byRequest(_: Doors, pool: Pool, one: Case, target: Target): Send {
  const params = Object.entries(paramsOf(one, target));
  const port = params.find(([name]) => name === "REMOTE_PORT")!;
  const stdin = one.post > 0 ? Buffer.alloc(one.post, 120) : undefined;
  const run = async (): Promise<number> => {
    port[1] = nextPort();
    const { body } = await pool.request({ params, stdin, idempotent: true });
    return (await body.bytes()).length;
  };
  return (ended) => void run().then(ended, () => ended(-1));
}
