import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Row } from "../measure.ts";
import { median } from "../median.ts";

const run = promisify(execFile);

/** s of the rate before the first round. */
const WARM_UP = 2;

/** What requests at a fixed rate took, over all rounds. */
export interface FixedRate {
  name: string;
  /** Requests a second that were answered. */
  rate: number;
  /** ms; medians of the rounds */
  median: number;
  p99: number;
  failures: number;
  /** p99 of each round, ms */
  rounds: readonly number[];
}

/** Asks each row at the same rate, in turns, whether it keeps up or not: a request that had to wait for its turn has waited. */
export async function measureFixedRate(
  h2load: string,
  rows: readonly Row[],
  { folder, rate, rounds, seconds, connections }: Options,
): Promise<FixedRate[]> {
  const file = join(folder, "h2load.log");
  const seen = new Map<Row, Round[]>(rows.map((row) => [row, []]));
  const ask = async ({ url }: Row, time: number): Promise<Round> => {
    // It appends.
    rmSync(file, { force: true });
    const perClient = (rate / connections).toFixed(2);
    const clients = ["-t", "1", "-c", String(connections), "-D", `${time}`];
    await run(h2load, ["--h1", "--rps", perClient, ...clients, "--log-file", file, url], { maxBuffer: 2 ** 26 });
    return read(readFileSync(file, "latin1"), time);
  };
  for (const row of rows) await ask(row, WARM_UP);
  for (let round = 0; round < rounds; round++) for (const row of rows) seen.get(row)?.push(await ask(row, seconds));
  return rows.map((row) => {
    const all = seen.get(row) ?? [];
    return {
      name: row.name,
      rate: median(all.map((one) => one.rate)),
      median: median(all.map((one) => one.median)),
      p99: median(all.map((one) => one.p99)),
      failures: all.reduce((sum, one) => sum + one.failures, 0),
      rounds: all.map((one) => one.p99),
    };
  });
}

interface Options {
  /** For h2load's own log. */
  folder: string;
  /** Requests a second. */
  rate: number;
  rounds: number;
  /** A round. */
  seconds: number;
  connections: number;
}

interface Round {
  rate: number;
  median: number;
  p99: number;
  failures: number;
}

/** Lines of start, status and microseconds. */
function read(log: string, seconds: number): Round {
  const times: number[] = [];
  let failures = 0;
  for (const line of log.split("\n")) {
    const [, status, microseconds] = line.split("\t");
    if (status === undefined) continue;
    if (status === "200") times.push(Number(microseconds) / 1_000);
    else failures++;
  }
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  return { rate: times.length / seconds, median: at(0.5), p99: at(0.99), failures };
}
