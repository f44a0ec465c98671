// Random writes, aborts, pauses and closes on both sides, against a model of what each request may have got.
import fc from "fast-check";
import { expect, test } from "vitest";

import { BalancedPool } from "../src/balancing/balanced-pool.ts";
import type { DispatchController, Dispatcher, DispatchHandler } from "../src/dispatcher.ts";
import type { PoolOptions } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { end, Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";

/** One thing that happens. `pick` chooses whom it happens to. */
type Step =
  | { kind: "request"; body: number; reuse: boolean; idempotent: boolean }
  | { kind: "stdout" | "stderr"; pick: number; size: number }
  | { kind: "end"; pick: number; status: number }
  | { kind: "close" | "reset" | "rubbish" | "abort" | "pause" | "resume"; pick: number }
  | { kind: "turns"; count: number }
  | { kind: "time"; ms: number };

const pick = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("request" as const),
      body: fc.constantFrom(0, 0, 10, 70_000),
      reuse: fc.boolean(),
      idempotent: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("stdout" as const, "stderr" as const),
      pick,
      size: fc.constantFrom(1, 100, 65_528),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("end" as const), pick, status: fc.constantFrom(0, 0, 0, 1, 2, 3, 9) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("abort" as const, "pause" as const, "pause" as const, "resume" as const),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("close" as const, "reset" as const, "rubbish" as const), pick }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("turns" as const), count: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(200, 1_500, 6_000) }) },
);

/** What one request got, and what it was sent: each byte says for which request it is. */
class Traced implements DispatchHandler {
  readonly mark: string;
  controller!: DispatchController;
  got = 0;
  strange = 0;
  ends = 0;
  afterEnd = 0;
  /** What the application had sent when it ended the request well. */
  expected = 0;
  complete = false;

  constructor(mark: string) {
    this.mark = mark;
  }

  onStdout(chunk: Uint8Array): void {
    if (this.ends > 0) this.afterEnd++;
    this.got += chunk.length;
    for (const byte of chunk) if (byte !== this.mark.charCodeAt(0)) this.strange++;
  }

  onStderr(chunk: Uint8Array): void {
    if (this.ends > 0) this.afterEnd++;
    for (const byte of chunk) if (byte !== this.mark.charCodeAt(0)) this.strange++;
  }

  onEnd(): void {
    this.ends++;
    this.complete = true;
  }

  onError(): void {
    this.ends++;
  }
}

async function play(
  make: (addresses: string[], runtime: TestRuntime) => Dispatcher,
  steps: Step[],
  peers: Peer[],
): Promise<void> {
  const runtime = new TestRuntime({ limit: 8 });
  const dispatcher = make(
    peers.map(({ address }) => address),
    runtime,
  );
  const traced: Traced[] = [];
  const before = peers.map((peer) => peer.requests.length);
  const running = new Set<PeerRequest>();
  const over = new WeakSet<PeerRequest>();
  const sent = new WeakMap<PeerRequest, number>();
  /** Requests that the application may still answer. */
  const answerable = (): PeerRequest[] => {
    for (const [index, peer] of peers.entries()) {
      for (const request of peer.requests.slice(before[index])) if (!over.has(request)) running.add(request);
    }
    for (const request of running) if (request.connection.socket.destroyed) running.delete(request);
    return [...running];
  };
  const of = (request: PeerRequest): Traced => traced[Number(request.params.get("N"))]!;
  const finish = (request: PeerRequest, status = 0): void => {
    if (request.aborted) request.connection.send(end(request.id, 0, 0));
    else request.connection.send(end(request.id, 0, status));
    of(request).expected = sent.get(request) ?? 0;
    over.add(request);
    running.delete(request);
  };

  for (const action of steps) {
    switch (action.kind) {
      case "request": {
        const handler = new Traced(String.fromCharCode(97 + (traced.length % 26)));
        const stdin = action.body === 0 ? undefined : Buffer.alloc(action.body, handler.mark);
        const params = { N: String(traced.length) };
        traced.push(handler);
        const { reuse, idempotent } = action;
        handler.controller = dispatcher.dispatch({ params, stdin, reuse, idempotent }, handler);
        break;
      }
      case "abort":
      case "pause":
      case "resume": {
        const live = traced.filter(({ ends }) => ends === 0);
        live[action.pick % Math.max(live.length, 1)]?.controller[action.kind]();
        break;
      }
      case "turns":
        // oxlint-disable-next-line no-await-in-loop
        await turns(action.count);
        break;
      case "time":
        // oxlint-disable-next-line no-await-in-loop
        await runtime.pass(action.ms);
        break;
      default: {
        const all = answerable();
        const request = all[action.pick % Math.max(all.length, 1)];
        if (request === undefined) break;
        const { connection } = request;
        if (action.kind === "stdout" || action.kind === "stderr") {
          const content = Buffer.alloc(action.size, of(request).mark);
          if (action.kind === "stdout") sent.set(request, (sent.get(request) ?? 0) + action.size);
          connection.send(action.kind === "stdout" ? stdout(request.id, content) : stderr(request.id, content));
        } else if (action.kind === "end") finish(request, action.status);
        else if (action.kind === "close") connection.socket.end();
        else if (action.kind === "reset") connection.socket.destroy();
        else connection.send("rubbish that is no record at all");
      }
    }
  }

  // The consumers go on, the application ends what it has, until nothing is left.
  const closed = dispatcher.close();
  let done = false;
  void closed.then(() => (done = true));
  for (let round = 0; !done && round < 2_000; round++) {
    for (const handler of traced) handler.controller.resume();
    for (const request of answerable()) finish(request);
    // oxlint-disable-next-line no-await-in-loop
    await turns(2);
    // oxlint-disable-next-line no-await-in-loop
    if (round % 50 === 49) await runtime.pass(1_000);
  }
  expect(done).toBe(true);
  await closed;
  await turns(2);
  for (const handler of traced) {
    const { mark, ends, strange, afterEnd } = handler;
    expect({ mark, ends, strange, afterEnd }).toEqual({ mark, ends: 1, strange: 0, afterEnd: 0 });
    if (handler.complete) expect(handler.got).toBe(handler.expected);
  }
  expect(dispatcher.stats).toMatchObject({ active: 0, queued: 0 });
  expect(runtime.timeouts.size).toBe(0);
  expect(runtime.slabs.held).toBe(0);
}

const shapes: { what: string; options: PoolOptions }[] = [
  { what: "one request a connection", options: {} },
  { what: "kept connections", options: { capacity: 3 } },
  { what: "multiplexed", options: { multiplex: 4, connections: 2 } },
  { what: "multiplexed, with little held for slow consumers", options: { multiplex: 4, streamBuffer: 1_000 } },
];

test.for(shapes)(
  "[Z5] [P25] [f54] whatever happens, each request ends once, gets its own bytes alone, and nothing is left: $what",
  { timeout: 60_000 },
  async ({ options }) => {
    await using peer = await Peer.start();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), async (steps) => {
        await play(([address], runtime) => new Pool(address!, options, runtime), steps, [peer]);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  },
);

test("[Z5] [f54] the same over two addresses, one of which nobody listens at", { timeout: 60_000 }, async () => {
  await using one = await Peer.start();
  await using two = await Peer.start();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), async (steps) => {
      await play(
        (addresses, runtime) =>
          new BalancedPool([...addresses, "unix:/nonexistent"], { capacity: 3, backoff: 100 }, runtime),
        steps,
        [one, two],
      );
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
