import type { Style } from "./live-text.ts";
import type { LoadPlan, LoadResult } from "./load-run.ts";
import { bar } from "./status-table.ts";

const PERCENTILES = [50, 75, 90, 99, 99.9, 99.99, 100];

/** What a load came to, for people. */
export function loadReport(plan: LoadPlan, result: LoadResult, style: Style): string {
  const { latencies, elapsed, bytes, statuses, failures } = result;
  const seconds = elapsed / 1_000;
  const lines = [
    `${style.bold(perSecond(latencies.count, seconds))} requests/s, ${perSecond(bytes / 2 ** 20, seconds)} MiB/s of bodies`,
    `${result.ended} requests in ${seconds.toFixed(2)} s, ${plan.concurrency} at once; ${list(statuses, "status ")}${failures.size === 0 ? "" : `; ${style.red(`${result.failed} failed: ${list(failures, "")}`)}`}`,
  ];
  if (latencies.count > 0) {
    lines.push(
      "",
      `latency   mean ${time(latencies.mean)}, deviation ${time(latencies.deviation)}, least ${time(latencies.min)}`,
    );
    for (const percent of PERCENTILES) {
      lines.push(`  ${`${percent} %`.padStart(8)}  ${time(latencies.percentile(percent)).padStart(10)}`);
    }
    const ranges = latencies.ranges(12);
    const most = Math.max(...ranges.map(({ count }) => count));
    lines.push("");
    for (const { to, count } of ranges) {
      const share = ((100 * count) / latencies.count).toFixed(2);
      lines.push(
        `  to ${time(to).padStart(10)}  ${"#".repeat(Math.round((40 * count) / most)).padEnd(40)} ${share.padStart(6)} %`,
      );
    }
  }
  lines.push("", style.dim(omission(plan)));
  if (result.error !== undefined) lines.push(`The first failure: ${result.error.message} [${result.error.code}]`);
  return `${lines.join("\n")}\n`;
}

/** The same for machines; times in ms. */
export function loadJson(plan: LoadPlan, result: LoadResult): Record<string, unknown> {
  const { latencies, elapsed, bytes } = result;
  const ms = (value: number): number => Math.round(value) / 1_000;
  return {
    concurrency: plan.concurrency,
    rate: plan.rate,
    requests: result.ended,
    seconds: elapsed / 1_000,
    requestsPerSecond: (latencies.count * 1_000) / elapsed,
    bytes,
    statuses: Object.fromEntries(result.statuses),
    failures: Object.fromEntries(result.failures),
    latency: {
      mean: ms(latencies.mean),
      deviation: ms(latencies.deviation),
      min: ms(latencies.min),
      percentiles: Object.fromEntries(PERCENTILES.map((percent) => [percent, ms(latencies.percentile(percent))])),
    },
    coordinatedOmission: plan.rate === undefined,
  };
}

/** `[#####-----] 4.2 of 10 s, 12345 requests, 0 failed` */
export function progressLine(plan: LoadPlan, result: LoadResult, elapsed: number, style: Style): string {
  const byTime = Number.isFinite(plan.duration);
  const share = Math.max(byTime ? elapsed / plan.duration : 0, result.ended / plan.requests);
  const done = byTime
    ? `${(elapsed / 1_000).toFixed(1)} of ${(plan.duration / 1_000).toFixed(0)} s, ${result.ended} requests`
    : `${result.ended} of ${plan.requests} requests`;
  // Full is good here.
  const filled = bar(Math.min(share, 0.999), 1, 30, style);
  return `${filled} ${done}${result.failed === 0 ? "" : `, ${style.red(`${result.failed} failed`)}`}`;
}

function omission({ rate }: LoadPlan): string {
  return rate === undefined
    ? "Each client sends when its last request was answered (a closed loop), so a slow application is asked less: latencies leave out those who\nwould have come meanwhile (coordinated omission). --rate sends at a fixed pace, and counts from when a request was due."
    : `Sent at ${rate} a second whether answers came or not; latencies count from when a request was due, waiting included.`;
}

function list(counts: ReadonlyMap<string | number, number>, prefix: string): string {
  if (counts.size === 0) return "no answer";
  return [...counts].map(([name, count]) => `${prefix}${name} ${count} times`).join(", ");
}

function perSecond(count: number, seconds: number): string {
  const rate = seconds === 0 ? 0 : count / seconds;
  return rate >= 100 ? rate.toFixed(0) : rate.toFixed(2);
}

/** @param value µs */
function time(value: number): string {
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(2)} s`;
  return value >= 1_000 ? `${(value / 1_000).toFixed(2)} ms` : `${value.toFixed(0)} µs`;
}
