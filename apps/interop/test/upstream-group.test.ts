// Three backends behind one upstream, as processes: shares, a death, a return.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { join } from "node:path";

import { Client } from "@x/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { freePort } from "../src/free-port.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { type Program, startProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";

const APPLICATION = join(import.meta.dirname, "../src/applications/numbered.ts");
const NAMES = ["a", "b", "c"];

describe.each(["unix", "tcp"] as const)("three backends with weights 1, 2 and 3, over %s", (transport) => {
  const folder = temporaryFolder();
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
    await Promise.all(NAMES.map((_, at) => start(at)));
    clients.push(...addresses.map((address) => new Client(address)));
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
    const file = join(folder.path, "x.config.json");
    writeFileSync(file, JSON.stringify(config));
    proxy = await startXProxy(["--config", file]);
  });

  afterAll(async () => {
    agent.destroy();
    await proxy?.stop();
    await Promise.all(clients.map((client) => client.destroy()));
    await Promise.all(programs.map((program) => program.stop()));
    folder.remove();
  });

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
  test(`each gets its share of ${many} requests`, { timeout: 120_000 }, async () => {
    const counts = await shares(many);
    expect(Object.keys(counts).toSorted()).toEqual(NAMES);
    for (const [at, name] of NAMES.entries()) {
      const due = (many * (at + 1)) / 6;
      expect(Math.abs((counts[name] ?? 0) - due) / due, JSON.stringify(counts)).toBeLessThan(0.05);
    }
  });

  test("[f01] one is killed: only what it had and must not run twice fails", async () => {
    agent.maxSockets = Infinity;
    const gets = Array.from({ length: 12 }, () => ask("/hold"));
    while ((await held(0, 1, 2)).length < 12);
    const posts = Array.from({ length: 12 }, () => ask("/hold", "POST"));
    while ((await held(0, 1, 2)).length < 24);
    const lost = await held(2);
    expect(lost.filter((method) => method === "POST").length).toBe(6);
    expect(lost.length).toBe(12);
    process.kill(programs[2]?.pid ?? 0, "SIGKILL");
    await programs[2]?.exited;
    // Those that may run twice are held by the others now.
    while ((await held(0, 1)).length < 18);
    await Promise.all([askBackend(0, "/release"), askBackend(1, "/release")]);
    expect((await Promise.all(gets)).map(([status]) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    const failed = (await Promise.all(posts)).filter(([status]) => status !== 200);
    expect(failed.map(([status]) => status)).toEqual(Array.from({ length: 6 }, () => 502));
    agent.maxSockets = 16;
  });

  test("while it is down every request is served, by the two others", async () => {
    const counts = await shares(600);
    expect(Object.keys(counts).toSorted()).toEqual(["a", "b"]);
  });

  test("brought back, it takes load little by little", async () => {
    await start(2);
    while ((await ask("/"))[1] !== "c");
    const counts = await shares(600);
    expect(Object.keys(counts).toSorted()).toEqual(NAMES);
    // Its full share would be 300, at first it is a twentieth of its weight.
    expect(counts["c"]).toBeLessThan(60);
    await vi.waitUntil(() => proxy.output().includes(`${addresses[2]} is back, and gets its share`), {
      timeout: 30_000,
    });
    expect(proxy.output()).toContain(`${addresses[2]} is left out, since its requests fail`);
  });
});
