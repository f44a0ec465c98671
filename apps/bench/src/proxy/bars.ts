import type { Bar } from "../bar.ts";
import { pairedRatio } from "../measure.ts";
import type { Result } from "../measure.ts";
import { median } from "../median.ts";
import type { FixedRate } from "./fixed-rate.ts";
import { MEMORY_ROWS } from "./memory.ts";
import type { ClientsMemory } from "./memory.ts";

/** Two rows, and how the one that is judged must stand to the other. */
interface Pair {
  readonly what: string;
  readonly own: string;
  readonly other: string;
  readonly figure: "cpu" | "requestsPerSecond";
  readonly limit: number;
}

const nginx = "Go: nginx";
const pooled = "Go: x-proxy, pooled";
const multiplexed = "Go: x-proxy, multiplexed";

const PAIRS: readonly Pair[] = [
  { what: "Go, pooled: CPU of nginx's", own: pooled, other: nginx, figure: "cpu", limit: 1.6 },
  { what: "Go, multiplexed: CPU of nginx's", own: multiplexed, other: nginx, figure: "cpu", limit: 1.6 },
  {
    what: "Go, pooled: CPU of Apache mod_proxy_fcgi's",
    own: pooled,
    other: "Go: Apache mod_proxy_fcgi",
    figure: "cpu",
    limit: 0.5,
  },
  { what: "Go, pooled: CPU of Caddy's", own: pooled, other: "Go: Caddy", figure: "cpu", limit: 0.35 },
  {
    what: "file of 10 KiB: CPU of nginx's",
    own: "10 KiB: x-proxy",
    other: "10 KiB: nginx",
    figure: "cpu",
    limit: 2.5,
  },
  {
    what: "file of 1 MiB: throughput of nginx's",
    own: "1 MiB: x-proxy",
    other: "1 MiB: nginx",
    figure: "requestsPerSecond",
    limit: 0.5,
  },
  { what: "1000 routes: CPU of 10 routes'", own: "routes: 1000", other: "routes: 10", figure: "cpu", limit: 1.1 },
];

/** Rows of others. */
const OTHERS = /nginx|Apache|Caddy/;

/** MiB that slow readers may cost, all together. */
const READERS_LIMIT = 160;
/** KiB that an idle connection may cost. */
const IDLE_LIMIT = 20;
/** Times nginx's p99 at a fixed rate. */
const P99_LIMIT = 1.5;

/** The verdicts on whatever was measured. */
export function judge(
  results: readonly Result[],
  fixed: readonly FixedRate[],
  memory: readonly ClientsMemory[],
): Bar[] {
  const bars = PAIRS.flatMap((pair) => judgePair(pair, results));
  const [theirs, ...ours] = fixed;
  for (const { name, rounds } of ours) {
    const ratio = median(rounds.map((p99, round) => p99 / (theirs?.rounds[round] ?? NaN)));
    bars.push(atMost(`60 % of nginx's requests/s, ${name}: p99 of nginx's`, ratio, P99_LIMIT));
  }
  for (const row of memory) bars.push(judgeMemory(row));
  const own = results.filter(({ name }) => !OTHERS.test(name));
  const failed = [...own, ...ours].filter(({ failures }) => failures > 0).map(({ name }) => name);
  failed.push(...own.filter(({ died }) => died).map(({ name }) => `${name} (its process ended)`));
  const measured = failed.length === 0 ? "none" : failed.join(", ");
  bars.push({ what: "rows of x-proxy with failed requests", wanted: "none", measured, holds: failed.length === 0 });
  return bars;
}

function judgePair({ what, own, other, figure, limit }: Pair, results: readonly Result[]): Bar[] {
  const find = (name: string): Result | undefined => results.find((result) => result.name === name);
  const [one, against] = [find(own), find(other)];
  if (one === undefined || against === undefined) return [];
  const ratio = pairedRatio(figure, one, against);
  if (figure === "cpu") return [atMost(what, ratio, limit)];
  return [{ what, wanted: `≥ ${limit.toFixed(2)}×`, measured: `${ratio.toFixed(2)}×`, holds: ratio >= limit }];
}

function judgeMemory({ what, more, clients, cut }: ClientsMemory): Bar {
  const broken = cut === 0 ? "" : `, ${cut} of them cut`;
  if (what !== MEMORY_ROWS.idle) {
    const measured = `+${more.toFixed(1)} MiB${broken}`;
    return { what, wanted: `≤ +${READERS_LIMIT} MiB`, measured, holds: more <= READERS_LIMIT && cut === 0 };
  }
  const each = (more * 1_024) / clients;
  const measured = `${each.toFixed(1)} KiB each${broken}`;
  return { what, wanted: `≤ ${IDLE_LIMIT} KiB each`, measured, holds: each <= IDLE_LIMIT && cut === 0 };
}

function atMost(what: string, ratio: number, limit: number): Bar {
  return { what, wanted: `≤ ${limit.toFixed(2)}×`, measured: `${ratio.toFixed(2)}×`, holds: ratio <= limit };
}
