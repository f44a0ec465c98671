import type { Bar } from "./bar.ts";
import type { Result } from "./measure.ts";

/** How many times as many requests a second our proxy must answer as each of the others. */
const HELLO: ReadonlyMap<string, number> = new Map([
  ["nginx as shipped", 1],
  ["nginx, fastcgi_keep_conn", 0.8],
  ["Apache mod_proxy_fcgi", 1.3],
  ["Caddy php_fastcgi", 2],
  ["express-php-fpm", 1.8],
  ["node-phpfpm", 1.8],
  ["WebAssembly PHP 8.4", 10],
]);

/** What would be better still. */
const STRETCH = 1.15;

const DOKUWIKI: ReadonlyMap<string, number> = new Map([
  ["nginx as shipped", 0.97],
  ["nginx, fastcgi_keep_conn", 0.97],
]);

/** The row that is judged. */
export const OURS = "x-proxy";

/** The verdicts on the hello page at so many connections. */
export function judgeHello(results: readonly Result[], connections: number): Bar[] {
  const page = `hello, ${connections} connections`;
  const nginx = find(results, "nginx as shipped");
  const ours = find(results, OURS);
  const stretch = ours.requestsPerSecond / nginx.requestsPerSecond;
  return [
    ...judgeRates(results, page, HELLO),
    {
      what: `${page}: p99, nginx as shipped`,
      wanted: `≤ ${nginx.p99.toFixed(2)} ms`,
      measured: `${ours.p99.toFixed(2)} ms`,
      holds: ours.p99 <= nginx.p99,
    },
    noFailures(results, page),
    // A wish, which fails nothing.
    {
      what: `${page}: stretch, times nginx as shipped (${STRETCH} would be better still)`,
      wanted: "-",
      measured: stretch.toFixed(2),
      holds: true,
    },
  ];
}

/** The verdicts on a page of DokuWiki. */
export function judgeDokuWiki(results: readonly Result[], connections: number): Bar[] {
  const page = `DokuWiki, ${connections} connections`;
  return [...judgeRates(results, page, DOKUWIKI), noFailures(results, page)];
}

function judgeRates(results: readonly Result[], page: string, wanted: ReadonlyMap<string, number>): Bar[] {
  const ours = find(results, OURS).requestsPerSecond;
  return [...wanted].map(([name, factor]) => {
    const ratio = ours / find(results, name).requestsPerSecond;
    return {
      what: `${page}: requests/s, times ${name}`,
      wanted: `≥ ${factor.toFixed(2)}`,
      measured: Number.isFinite(ratio) ? ratio.toFixed(2) : "its process ended",
      holds: ratio >= factor,
    };
  });
}

function noFailures(results: readonly Result[], page: string): Bar {
  const { failures, died } = find(results, OURS);
  const measured = died ? `${failures}, and the process died` : String(failures);
  return { what: `${page}: failed requests`, wanted: "0", measured, holds: failures === 0 && !died };
}

function find(results: readonly Result[], name: string): Result {
  const found = results.find((result) => result.name === name);
  if (found === undefined) throw new Error(`${name} was not measured.`);
  return found;
}
