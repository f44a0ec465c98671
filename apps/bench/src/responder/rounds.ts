import { cpuTime } from "../cpu-time.ts";
import { load } from "../load.ts";
import { median } from "../median.ts";
import type { Row } from "./rows.ts";

/** Medians of one row; CPU in µs a request. */
export interface Result {
  name: string;
  /** The application's. */
  own: number;
  /** With its nginx. */
  summed: number;
  requestsPerSecond: number;
  failures: number;
}

/** Measures all rows in turns, so that whatever else the machine does falls on all alike. */
export async function measure(
  wrk: string,
  rows: readonly Row[],
  options: { rounds: number; seconds: number; connections: number; warmUp: number },
): Promise<Result[]> {
  const { rounds, seconds, connections, warmUp } = options;
  const samples = rows.map((): Omit<Result, "name">[] => []);
  for (const { origin } of rows) await load(wrk, url(origin), connections, warmUp);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, row] of rows.entries()) {
      const before = [cpuTime(row.application), cpuTime(row.front)] as const;
      const { requests, requestsPerSecond, failures } = await load(wrk, url(row.origin), connections, seconds);
      const own = ((cpuTime(row.application) - before[0]) * 1_000) / requests;
      const summed = own + ((cpuTime(row.front) - before[1]) * 1_000) / requests;
      samples[index]!.push({ own, summed, requestsPerSecond, failures });
    }
    process.stderr.write(`${connections} connections: round ${round} of ${rounds}\n`);
  }
  return rows.map(({ name }, index) => {
    const seen = samples[index]!;
    return {
      name,
      own: median(seen.map(({ own }) => own)),
      summed: median(seen.map(({ summed }) => summed)),
      requestsPerSecond: median(seen.map((one) => one.requestsPerSecond)),
      failures: seen.reduce((sum, { failures }) => sum + failures, 0),
    };
  });
}

function url(origin: string): string {
  return `${origin}/path?query=1`;
}
