import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What one run of the load generator saw. */
export interface Load {
  requests: number;
  requestsPerSecond: number;
  /** ms */
  p99: number;
  /** Answers that were not 2xx or 3xx, and broken connections. */
  failures: number;
}

/** Runs wrk: `connections` keep-alive connections, one thread. */
export async function load(wrk: string, url: string, connections: number, seconds: number): Promise<Load> {
  const { stdout } = await run(wrk, ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--latency", url]);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  const failures = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    requests: Number(required(stdout, /(\d+) requests in/)[1]),
    requestsPerSecond: Number(required(stdout, /Requests\/sec:\s+([\d.]+)/)[1]),
    p99: milliseconds(required(stdout, /99%\s+([\d.]+)(us|ms|s)/)),
    failures: failures + (errors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
  };
}

function required(text: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`wrk printed something unknown:\n${text}`);
  return match;
}

function milliseconds([, value, unit]: RegExpExecArray): number {
  const factor = unit === "us" ? 0.001 : unit === "ms" ? 1 : 1_000;
  return Number(value) * factor;
}
