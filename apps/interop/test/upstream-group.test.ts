// Three backends behind one upstream, as processes: shares, a death, a return.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { join } from "node:path";

import { Client } from "@x/client";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { freePort } from "../src/free-port.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { type Program, startProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { until } from "../src/until.ts";

const APPLICATION = join(import.meta.dirname, "../src/applications/numbered.ts");
const NAMES = ["a", "b", "c"];

describe.each(["unix", "tcp"] as const)("three backends with weights 1, 2 and 3, over %s", (transport) => {
  const folder = temporaryFolder();
  const file = join(folder.path, "x.config.json");
  const dead = new Set<number>();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const addresses: string[] = [];
  const programs: Program[] = [];
  const clients: Client[] = [];
  let proxy: RunningProxy;

  const start = async (at: number): Promise<void> => {
    const address = addresses[at] ?? "";
    const port = Number(address.split(":").at(-1));
    const ready = transport === "tcp" ? { port, host: "127.0.0.1" } : { path: address.slice("unix:".length) };
    programs[at] = await startProgram(process.execPath, [APPLICATION, address, NAMES[at] ?? ""], ready);
  };

  beforeAll(async () => {
    for (const name of NAMES) {
      const port = transport === "tcp" ? await freePort() : 0;
      addresses.push(transport === "tcp" ? `tcp://127.0.0.1:${port}` : `unix:${join(folder.path, `${name}.sock`)}`);
    }
    const config = {
      upstreams: {
        app: {
          addresses: addresses.map((address, at) => ({ address, weight: at + 1 })),
          multiplex: 32,
          capacity: 64,
          retryBudget: 1,
          health: { backoff: 100, maxBackoff: 100, slowStart: "1h" },
        },
      },
      routes: [{ fastcgi: { upstream: "app" } }],
    };
    writeFileSync(file, JSON.stringify(config));
    await startAll();
  });

  const startAll = async (): Promise<void> => {
    await Promise.all(NAMES.map((_, at) => start(at)));
    clients.push(...addresses.map((address) => new Client(address)));
    proxy = await startXProxy(["--config", file]);
  };
  const stopAll = async (): Promise<void> => {
    agent.destroy();
    await Promise.all(clients.splice(0).map((client) => client.destroy()));
    await Promise.all(programs.map((program) => program.stop()));
    await proxy?.stop();
  };

  // The tests tell one story. One that is tried again finds none of what its first try has left: requests that are held, a dead backend.
  beforeEach(async ({ task }) => {
    if ((task.result?.retryCount ?? 0) === 0) return;
    await stopAll();
    await startAll();
  }, 60_000);

  afterAll(async () => {
    await stopAll();
    folder.remove();
  });

  /** The third is dead, and the proxy has seen it. */
  const withoutTheThird = async (): Promise<void> => {
    killThird();
    const { output } = proxy;
    const leftOut = async (): Promise<boolean> => {
      await ask("/");
      return output().includes(`${addresses[2]} is left out, since its requests fail`);
    };
    await until("the dead one is left out", leftOut, Boolean, { output });
  };
  const killThird = (): void => {
    const { pid } = programs[2]!;
    if (!dead.has(pid)) process.kill(pid, "SIGKILL");
    dead.add(pid);
  };

  const ask = async (path: string, method = "GET"): Promise<[number | undefined, string]> => {
    const [response] = (await once(request(`${proxy.url}${path}`, { agent, method }).end(), "response")) as [
      IncomingMessage,
    ];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return [response.statusCode, text];
  };

  /** Asks so often, 16 times at once, and counts who answered. */
  const shares = async (count: number): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) {
        // oxlint-disable-next-line no-await-in-loop
        const [status, text] = await ask("/");
        const who = status === 200 ? text : String(status);
        counts[who] = (counts[who] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 16 }, one));
    return counts;
  };

  const askBackend = async (at: number, path: string): Promise<string> => {
    const params = { REQUEST_METHOD: "GET", REQUEST_URI: path, SERVER_NAME: "x", SERVER_PORT: "80", PATH_INFO: path };
    return (await clients[at]?.request({ params }))?.body.text() ?? "";
  };
  const held = async (...which: number[]): Promise<string[]> => {
    const lists = await Promise.all(which.map((at) => askBackend(at, "/held")));
    return lists.flatMap((list) => JSON.parse(list) as string[]);
  };

  const many = 10_000;
  test(`each gets its share of ${many} requests`, { timeout: 240_000 }, async () => {
    const counts = await shares(many);
    expect(Object.keys(counts).toSorted()).toEqual(NAMES);
    for (const [at, name] of NAMES.entries()) {
      const due = (many * (at + 1)) / 6;
      expect(Math.abs((counts[name] ?? 0) - due) / due, JSON.stringify(counts)).toBeLessThan(0.05);
    }
  });

  test("[f01] one is killed: only what it had and must not run twice fails", async () => {
    agent.maxSockets = Infinity;
    onTestFinished(() => void (agent.maxSockets = 16));
    const { output } = proxy;
    const holding = (count: number, ...which: number[]): Promise<string[]> =>
      until(
        `${count} are held`,
        () => held(...which),
        ({ length }) => length >= count,
        { output },
      );
    const gets = Array.from({ length: 12 }, () => ask("/hold"));
    await holding(12, 0, 1, 2);
    const posts = Array.from({ length: 12 }, () => ask("/hold", "POST"));
    await holding(24, 0, 1, 2);
    const lost = await held(2);
    expect(lost.filter((method) => method === "POST").length).toBe(6);
    expect(lost.length).toBe(12);
    killThird();
    await programs[2]?.exited;
    // Those that may run twice are held by the others now.
    await holding(18, 0, 1);
    await Promise.all([askBackend(0, "/release"), askBackend(1, "/release")]);
    expect((await Promise.all(gets)).map(([status]) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    const failed = (await Promise.all(posts)).filter(([status]) => status !== 200);
    expect(failed.map(([status]) => status)).toEqual(Array.from({ length: 6 }, () => 502));
  });

  test("while it is down every request is served, by the two others", async () => {
    await withoutTheThird();
    const counts = await shares(600);
    expect(Object.keys(counts).toSorted()).toEqual(["a", "b"]);
  });

  test("brought back, it takes load little by little", async () => {
    await withoutTheThird();
    await start(2);
    const { output } = proxy;
    await until(
      "it answers again",
      () => ask("/"),
      ([, name]) => name === "c",
      { output },
    );
    const counts = await shares(600);
    expect(Object.keys(counts).toSorted()).toEqual(NAMES);
    // Its full share would be 300, at first it is a twentieth of its weight.
    expect(counts["c"]).toBeLessThan(60);
    await until("the log tells it", output, (log) => log.includes(`${addresses[2]} is back, and gets its share`));
  });
});
