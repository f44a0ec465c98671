import { BAR_CASE } from "./cases.ts";
import type { Contender } from "./contender.ts";
import { floor } from "./floor.ts";
import { dispatch, multiplexed, request } from "./ours.ts";
import { ratioOf } from "./rounds.ts";
import type { Measured, Round } from "./rounds.ts";

/** One promise, and what was measured. */
export interface Bar {
  what: string;
  wanted: string;
  measured: string;
  holds: boolean;
}

/** The promises about speed, at 1 KiB and 32 at once; those of which no row was measured are missed. */
export function judge(results: readonly Measured[]): Bar[] {
  const at = (peer: string): Measured[] => results.filter((row) => row.peer === peer && row.one === BAR_CASE);
  const find = (peer: string, contender: Contender): Measured | undefined =>
    at(peer).find((row) => row.contender === contender);
  const npm = (peer: string): Measured[] => at(peer).filter((row) => row.contender.npm && !row.broken);
  const thriftiest = npm("Go").toSorted((one, other) => one.cpuPerRequest - other.cpuPerRequest)[0];
  const fastest = npm("PHP-FPM").toSorted((one, other) => other.requestsPerSecond - one.requestsPerSecond)[0];
  const mostCpu = (what: string, limit: number, own: Measured | undefined, other: Measured | undefined): Bar => {
    const value = ratio("cpuPerRequest", own, other);
    return { what, wanted: `≤ ${limit.toFixed(2)}`, measured: value.toFixed(2), holds: value <= limit };
  };
  const requests = ratio("requestsPerSecond", find("PHP-FPM", dispatch), fastest);
  return [
    mostCpu("CPU of dispatch on Go, of the floor's", 1.35, find("Go", dispatch), find("Go", floor)),
    mostCpu("CPU of dispatch on Go, of the best npm client's", 0.6, find("Go", dispatch), thriftiest),
    mostCpu("CPU of request() on Go, of the floor's", 1.7, find("Go", request), find("Go", floor)),
    mostCpu("CPU of request() on Go, of the best npm client's", 0.75, find("Go", request), thriftiest),
    mostCpu("CPU multiplexed on one connection, of pooled, on Go", 1, find("Go", multiplexed), find("Go", dispatch)),
    mostCpu(
      "CPU multiplexed on one connection, of pooled, on @x/responder",
      0.7,
      find("@x/responder", multiplexed),
      find("@x/responder", dispatch),
    ),
    {
      what: "requests/s of dispatch on PHP-FPM, of the best npm client's",
      wanted: "≥ 2.50",
      measured: requests.toFixed(2),
      holds: requests >= 2.5,
    },
  ];
}

function ratio(figure: keyof Round, own: Measured | undefined, other: Measured | undefined): number {
  return ratioOf(figure, own?.rounds ?? [], other?.rounds ?? []);
}
