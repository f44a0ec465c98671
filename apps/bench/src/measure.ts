import { cpuTime, cpuTimeWithEnded, isAlive } from "./cpu-time.ts";
import { load } from "./load.ts";
import type { Load } from "./load.ts";
import { median } from "./median.ts";

/** s of load for each row before the first round, unless told: what V8 compiles, it compiles in these. */
const WARM_UP = 10;

/** One round of one row. */
interface Sample extends Load {
  /** CPU time as in {@link Result.cpuPerRequest}. */
  cpu: number;
}

/** One row of a table: a server that answers at `url`. */
export interface Row {
  name: string;
  /** What stands behind it, as the reader must know it. */
  upstream: string;
  url: string;
  pid: number;
  /** The applications' processes, when what they and the server use is to be counted together, programs that have ended included. */
  applications?: readonly number[];
  /** The name of the row that it is compared with. */
  against?: string;
}

/** The medians of all rounds of one row. */
export interface Result extends Row {
  requestsPerSecond: number;
  /** ms */
  p99: number;
  /** CPU time of the server process, with its applications where the row has them, µs a request */
  cpuPerRequest: number;
  failures: number;
  /** Did the server's process end before the measurement did? */
  died: boolean;
  /** Round by round, until it died. */
  samples: readonly Sample[];
}

/**
 * Measures all rows in turns, so that whatever else the machine does falls on all of them alike.
 * Before the first round each row warms up.
 */
export async function measure(
  wrk: string,
  rows: readonly Row[],
  options: { rounds: number; seconds: number; connections: number; warmUp?: number },
): Promise<Result[]> {
  const samples = new Map<Row, Sample[]>(rows.map((row) => [row, []]));
  const dead = new Set<Row>();
  /** Nothing when the server's process ends, or has ended: some do. */
  const loadRow = async (row: Row, seconds: number): Promise<Sample | undefined> => {
    if (!isAlive(row.pid)) dead.add(row);
    if (dead.has(row)) return undefined;
    const before = cpuOf(row);
    try {
      const seen = await load(wrk, row.url, options.connections, seconds);
      if (isAlive(row.pid)) return { ...seen, cpu: ((cpuOf(row) - before) * 1_000) / seen.requests };
    } catch (error) {
      if (isAlive(row.pid)) throw error;
    }
    process.stderr.write(`${row.name}: its process has ended\n`);
    dead.add(row);
    return undefined;
  };
  for (const row of rows) await loadRow(row, options.warmUp ?? WARM_UP);
  process.stderr.write("warmed up\n");
  for (let round = 1; round <= options.rounds; round++) {
    for (const row of rows) {
      const seen = await loadRow(row, options.seconds);
      if (seen !== undefined) samples.get(row)?.push(seen);
    }
    process.stderr.write(`round ${round} of ${options.rounds}\n`);
  }
  return rows.map((row) => {
    const seen = samples.get(row) ?? [];
    return {
      ...row,
      requestsPerSecond: median(seen.map((one) => one.requestsPerSecond)),
      p99: median(seen.map((one) => one.p99)),
      cpuPerRequest: median(seen.map((one) => one.cpu)),
      failures: seen.reduce((sum, one) => sum + one.failures, 0),
      died: dead.has(row) || !isAlive(row.pid),
      samples: seen,
    };
  });
}

function cpuOf({ pid, applications }: Row): number {
  if (applications === undefined) return cpuTime(pid);
  return [pid, ...applications].reduce((sum, one) => sum + cpuTimeWithEnded(one), 0);
}

/** The median of the ratios of each round: both were measured one right after the other. NaN without a common round. */
export function pairedRatio(figure: "cpu" | "requestsPerSecond" | "p99", own: Result, other: Result): number {
  const ratios = own.samples.flatMap((sample, round) => {
    const against = other.samples[round];
    return against === undefined ? [] : [sample[figure] / against[figure]];
  });
  return ratios.length === 0 ? NaN : median(ratios);
}
