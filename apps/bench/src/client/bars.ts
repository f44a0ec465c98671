import { BAR_CASE } from "./cases.ts";
import type { Contender } from "./contender.ts";
import { dispatch, multiplexed, request } from "./ours.ts";
import type { Measured } from "./rounds.ts";

/** One promise, and what was measured. */
export interface Bar {
  what: string;
  wanted: string;
  measured: string;
  holds: boolean;
}

/** The promises about speed, at 1 KiB and 32 at once. */
export function judge(results: readonly Measured[]): Bar[] {
  const at = (peer: string): Measured[] => results.filter((row) => row.peer === peer && row.one === BAR_CASE);
  const find = (peer: string, contender: Contender): Measured | undefined =>
    at(peer).find((row) => row.contender === contender);
  const npm = (peer: string): Measured[] => at(peer).filter((row) => row.contender.npm && !row.broken);
  const leastCpu = Math.min(...npm("Go").map((row) => row.cpuPerRequest));
  const mostRequests = Math.max(...npm("PHP-FPM").map((row) => row.requestsPerSecond));
  const cpu = (peer: string, contender: Contender): number => find(peer, contender)?.cpuPerRequest ?? NaN;
  const most = (what: string, limit: number, value: number): Bar => {
    return { what, wanted: `≤ ${limit.toFixed(2)}`, measured: value.toFixed(2), holds: value <= limit };
  };
  return [
    most("CPU of dispatch on Go, of the floor's", 1.35, find("Go", dispatch)?.cpuRatio ?? NaN),
    most("CPU of dispatch on Go, of the best npm client's", 0.6, cpu("Go", dispatch) / leastCpu),
    most("CPU of request() on Go, of the floor's", 1.7, find("Go", request)?.cpuRatio ?? NaN),
    most("CPU of request() on Go, of the best npm client's", 0.75, cpu("Go", request) / leastCpu),
    most("CPU multiplexed on one connection, of pooled, on Go", 1, cpu("Go", multiplexed) / cpu("Go", dispatch)),
    most(
      "CPU multiplexed on one connection, of pooled, on @x/responder",
      0.7,
      cpu("@x/responder", multiplexed) / cpu("@x/responder", dispatch),
    ),
    atLeast(
      "requests/s of dispatch on PHP-FPM, of the best npm client's",
      2.5,
      (find("PHP-FPM", dispatch)?.requestsPerSecond ?? NaN) / mostRequests,
    ),
  ];
}

function atLeast(what: string, limit: number, value: number): Bar {
  return { what, wanted: `≥ ${limit.toFixed(2)}`, measured: value.toFixed(2), holds: value >= limit };
}
