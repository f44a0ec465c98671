import { compare } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { CORPUS } from "./corpus.ts";
import { observe } from "./observe.ts";
import type { Observation } from "./observe.ts";
import { startServer } from "./servers.ts";
import type { Server } from "./servers.ts";

/** Starts each server in turn, ours first, sends it the corpus, and compares what it does with what we do. */
export async function compareAll([ours, ...others]: readonly Server[]): Promise<Difference[]> {
  if (ours === undefined) return [];
  const own = await observed(ours);
  const differences: Difference[] = [];
  for (const server of others) differences.push(...compare(own, await observed(server), server.name));
  return differences;
}

async function observed(server: Server): Promise<Map<string, Observation>> {
  const running = await startServer(server);
  try {
    return await observe(running, CORPUS);
  } finally {
    await running.stop();
  }
}
