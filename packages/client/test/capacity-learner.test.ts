import { encodeNameValues, RecordType } from "@x/protocol";
import { afterEach, describe, expect, test } from "vitest";

import { readProcesses } from "../src/capacity-learner.ts";
import type { PoolOptions, PoolSettings } from "../src/pool-options.ts";
import { poolSettings } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer, raw } from "./support/peer.ts";
import type { PeerConnection, PeerScript } from "./support/peer.ts";
import { run } from "./support/run.ts";

let asked: string[][] = [];
afterEach(() => {
  asked = [];
});

/** An application that answers GET_VALUES with `values`, and each request at once. */
function says(...values: Record<string, string>[]): PeerScript {
  return answers((connection) => {
    for (const each of values) connection.send(raw(RecordType.GetValuesResult, 0, encodeNameValues(each)));
  });
}

function answers(answer: (connection: PeerConnection) => void): PeerScript {
  return {
    onRequest: ({ id, connection }) => connection.reply(id),
    onGetValues: (names, connection) => {
      asked.push(names);
      answer(connection);
    },
  };
}

/** A pool whose application was asked, and has said what it says. */
async function learned(script: PeerScript, options: PoolOptions = {}): Promise<{ pool: Pool; peer: Peer }> {
  const peer = await Peer.start(script);
  const pool = new Pool(peer.address, { learn: true, ...options });
  expect((await run(pool).settled).calls.at(-1)).toBe("end");
  const question = peer.connections.find(({ received }) => received[0]?.[1] === RecordType.GetValues);
  if (question !== undefined) await question.ended;
  await turns(3);
  return { pool, peer };
}

const go = { FCGI_MPXS_CONNS: "1" };

describe("GET_VALUES", () => {
  test.for<{ what: string; script: () => PeerScript; options?: PoolOptions; multiplex: number; maxActive: number }>([
    { what: "[P53] Go's, and an empty one after it", script: () => says(go, {}), multiplex: 32, maxActive: 32 },
    {
      what: "[P50] all three values",
      script: () => says({ FCGI_MPXS_CONNS: "1", FCGI_MAX_REQS: "50", FCGI_MAX_CONNS: "2" }),
      multiplex: 32,
      maxActive: 50,
    },
    {
      what: "[P50] php-cgi's with ten children",
      script: () => says({ FCGI_MPXS_CONNS: "0", FCGI_MAX_REQS: "10", FCGI_MAX_CONNS: "10" }),
      multiplex: 1,
      maxActive: 10,
    },
    {
      what: "one process, which speaks for itself alone",
      script: () => says({ FCGI_MPXS_CONNS: "0", FCGI_MAX_REQS: "1", FCGI_MAX_CONNS: "1" }),
      multiplex: 1,
      maxActive: 32,
    },
    { what: "[P54] unasked names", script: () => says({ ...go, FCGI_COLOUR: "blue" }), multiplex: 32, maxActive: 32 },
    { what: "[P49] nothing", script: () => says({}), multiplex: 1, maxActive: 32 },
    {
      what: "[P57] UNKNOWN_TYPE",
      script: () => answers((connection) => connection.send(raw(11, 0, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])))),
      multiplex: 1,
      maxActive: 32,
    },
    {
      what: "[P58] [2e.13] the end of the connection",
      script: () => answers(({ socket }) => void socket.end()),
      multiplex: 1,
      maxActive: 32,
    },
    {
      what: "[P58] a reset",
      script: () => ({ ...answers(({ socket }) => void socket.resetAndDestroy()), tcp: true }),
      multiplex: 1,
      maxActive: 32,
    },
    {
      what: "[P52] [TF13] a broken pair",
      script: () => answers((connection) => connection.send(raw(10, 0, Buffer.from([200, 1, 2])))),
      multiplex: 1,
      maxActive: 32,
    },
    {
      what: "[TF14] numbers that are none",
      script: () => says({ FCGI_MPXS_CONNS: "2", FCGI_MAX_REQS: "-1", FCGI_MAX_CONNS: "abc" }),
      multiplex: 1,
      maxActive: 32,
    },
    {
      what: "[TF14] a billion: what is configured is the most",
      script: () => says({ ...go, FCGI_MAX_REQS: "999999999" }),
      options: { multiplex: 4, connections: 2 },
      multiplex: 4,
      maxActive: 8,
    },
    {
      what: "less than is configured",
      script: () => says({ FCGI_MPXS_CONNS: "0", FCGI_MAX_REQS: "3" }),
      options: { capacity: 5 },
      multiplex: 1,
      maxActive: 3,
    },
  ])("the answer is $what", async ({ script, options, multiplex, maxActive }) => {
    const { pool, peer } = await learned(script(), options);
    expect([pool.stats.multiplex, pool.maxActive]).toEqual([multiplex, maxActive]);
    expect(asked[0]).toEqual(["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"]);
    expect((await run(pool).settled).calls.at(-1)).toBe("end");
    expect(asked).toHaveLength(1);
    await pool.close();
    await peer.stop();
  });

  test("[P58] no answer: nothing is known, requests are served meanwhile, and it is asked again later", async () => {
    const runtime = new TestRuntime();
    await using peer = await Peer.start(answers(() => {}));
    const pool = new Pool(peer.address, { learn: true }, runtime);
    await run(pool).settled;
    while (asked.length === 0) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
    expect(pool.stats.multiplex).toBe(1);
    await runtime.pass(3_200);
    await run(pool).settled;
    expect(asked).toHaveLength(1);
    await runtime.pass(10_200);
    await run(pool).settled;
    while (asked.length < 2) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
    await pool.close();
    expect(runtime.timeouts.size).toBe(0);
  });

  test("the question has a connection of its own, and what is learned is used: one connection for all", async () => {
    const { pool, peer } = await learned(says(go));
    await using _ = peer;
    const before = peer.connections.length;
    await Promise.all(Array.from({ length: 20 }, () => run(pool).settled));
    expect(peer.connections.length).toBe(before + 1);
    await pool.close();
  });

  test("[f17] it says that it multiplexes, and does not: once refused is enough", async () => {
    let requests = 0;
    const { pool, peer } = await learned({
      ...says(go),
      onRequest: (request) => {
        const { connection, id } = request;
        requests++;
        const busy = [...connection.requests.values()].indexOf(request) > 0;
        if (busy) connection.end(id, 0, 1);
        else setImmediate(() => connection.reply(id));
      },
    });
    await using _ = peer;
    const recorders = Array.from({ length: 4 }, () => run(pool));
    await Promise.all(recorders.map((recorder) => recorder.settled));
    expect(recorders.map(({ code }) => code)).toEqual([undefined, undefined, undefined, undefined]);
    expect(pool.stats.multiplex).toBe(1);
    expect(requests).toBeLessThanOrEqual(9);
    await pool.close();
  });

  test("close does not wait for an answer", async () => {
    await using peer = await Peer.start(answers(() => {}));
    const pool = new Pool(peer.address, { learn: true });
    await run(pool).settled;
    while (asked.length === 0) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
    await pool.close();
    const question = peer.connections.find(({ received }) => received[0]?.[1] === RecordType.GetValues);
    await question!.ended;
  });
});

describe("PHP-FPM's status page", () => {
  const status = (fields: Record<string, unknown>): PeerScript => ({
    onRequest: ({ id, params, connection }) => {
      if (params.get("SCRIPT_NAME") === "/status") asked.push([params.get("QUERY_STRING")!]);
      connection.reply(id, params.get("SCRIPT_NAME") === "/status" ? JSON.stringify(fields) : "ok");
    },
  });

  test("a static pool: the number of its processes is the capacity, and connections are kept", async () => {
    await using peer = await Peer.start(status({ "process manager": "static", "total processes": 6 }));
    const pool = new Pool(peer.address, { statusPath: "/status" });
    await run(pool).settled;
    while (pool.maxActive !== 6) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
    await run(pool).settled;
    await run(pool).settled;
    expect(pool.stats).toMatchObject({ idle: 1, reused: 1 });
    expect(asked).toEqual([["json"]]);
    await pool.close();
  });

  test.for<[string, Record<string, unknown>, number | undefined]>([
    [
      "dynamic",
      { "process manager": "dynamic", "total processes": 3, "max active processes": 2, "max children reached": 0 },
      undefined,
    ],
    [
      "dynamic, all were busy",
      { "process manager": "dynamic", "max active processes": 8, "max children reached": 2 },
      8,
    ],
    ["ondemand", { "process manager": "ondemand", "total processes": 1, "max children reached": 0 }, undefined],
    ["nonsense", { "process manager": "static", "total processes": "many" }, undefined],
  ])("%s", ([, fields, expected]) => {
    expect(readProcesses(fields)).toBe(expected);
  });

  test("no JSON, no page, nothing at all: as if nothing were known", async () => {
    expect(readProcesses(null)).toBeUndefined();
    await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id, "<html>") });
    const pool = new Pool(peer.address, { statusPath: "/status", capacity: 4 });
    await Promise.all([run(pool).settled, run(pool).settled]);
    await peer.begun(3);
    await turns(5);
    expect(pool.maxActive).toBe(4);
    await pool.close();
  });

  test("a mistake", () => {
    const settings = (statusPath: string): PoolSettings => poolSettings({ statusPath });
    expect(() => settings("status?json")).toThrow('statusPath is a path such as "/status", not "status?json".');
  });
});
