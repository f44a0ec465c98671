import { setTimeout as delay } from "node:timers/promises";

import { startSlowClients } from "../drive.ts";
import { FootprintWatch } from "../footprint.ts";
import { load } from "../load.ts";
import type { Contenders } from "./contenders.ts";

/** Clients that read slowly, and what each of them asks for. */
const READERS = 1_000;
const LARGE = 10_000_000;
/** s that is looked at slow readers for, once the last has come. */
const SLOW_SECONDS = 5;

/** Clients that keep a connection and ask nothing. */
const IDLE = 5_000;
/** s after which what the requests left behind counts as memory of the connections. */
const SETTLE_SECONDS = 2;

/** s of load before the baseline is taken: what the program needs for requests, it takes in these. */
const WARM_UP = 4;

/** The memory that one kind of clients costs. */
export interface ClientsMemory {
  what: string;
  /** MiB before they came */
  idle: number;
  /** MiB more: at most for slow readers, at the end for idle ones */
  more: number;
  clients: number;
  /** MiB in files without a name */
  spool: number;
  /** The server had cut so many of them. */
  cut: number;
}

/** What is measured of memory, in this order. */
export const MEMORY_ROWS: Readonly<Record<"application" | "file" | "idle", string>> = {
  application: `memory: ${READERS} slow readers of 10 MB from the Go program`,
  file: `memory: ${READERS} slow readers of a file of 10 MB`,
  idle: `memory: ${IDLE} idle keep-alive connections`,
};

/** Measures the rows of memory that are wanted, each on a server of its own. */
export async function measureMemory(
  wrk: string,
  contenders: Contenders,
  wanted: (name: string) => boolean,
): Promise<ClientsMemory[]> {
  const { application, file, idle } = MEMORY_ROWS;
  const results: ClientsMemory[] = [];
  const row = async (what: string, kind: "readers" | "idle", clients: number, path: string): Promise<void> => {
    if (!wanted(what)) return;
    results.push({ ...(await measureClients(wrk, contenders, kind, clients, path)), what });
    process.stderr.write(`${what}\n`);
  };
  await row(application, "readers", READERS, `/application.php?mode=bytes&size=${LARGE}`);
  await row(file, "readers", READERS, contenders.file("large.bin", LARGE));
  await row(idle, "idle", IDLE, "/application.php?mode=empty");
  return results;
}

async function measureClients(
  wrk: string,
  contenders: Contenders,
  kind: "readers" | "idle",
  clients: number,
  path: string,
): Promise<Omit<ClientsMemory, "what">> {
  const id = `memory-${kind}-${path.length}`;
  const upstream = { addresses: [`unix:${await contenders.go(id, true)}`], capacity: READERS };
  const {
    program,
    url,
    path: socket,
  } = await contenders.onSocket(id, {
    upstreams: { app: upstream },
    routes: [{ match: { path: "/files/*" }, static: {} }, { fastcgi: { upstream: "app" } }],
    timeouts: { keepAlive: 600_000 },
  });
  try {
    await load(wrk, `${url}/application.php?mode=status&code=200`, 32, WARM_UP);
    const watch = new FootprintWatch(program.pid);
    const slow = await startSlowClients(kind, clients, socket, path);
    await delay((kind === "idle" ? SETTLE_SECONDS : SLOW_SECONDS) * 1_000);
    const { idle, peak, spool, last } = watch.stop();
    return { clients, idle, more: kind === "idle" ? last : peak, spool, cut: await slow.stop() };
  } finally {
    await program.stop();
  }
}
