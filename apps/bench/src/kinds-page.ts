import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Result } from "./measure.ts";
import { markdownTable, writePage } from "./report.ts";

const page = join(import.meta.dirname, "../../../packages/proxy/docs/kinds.md");

/** Around what is put in; the row of each kind is found by its name. */
const BEGIN = "<!-- figures: pnpm bench kinds --write -->";
const END = "<!-- end of figures -->";

/** What the bench does not measure: where a kind's program lives, and what becomes of it. By the name of its row. */
const PROPERTIES: Readonly<Record<string, readonly [route: string, process: string, crash: string, restart: string]>> =
  {
    "CGI, Go": ["`cgi`", "for each request", "that request", "nothing to restart"],
    "CGI, php-cgi": ["`cgi` with php-cgi", "for each request", "that request", "nothing to restart"],
    "FastCGI, PHP-FPM": ["`php`", "for one request at a time", "the request that it serves", "yes"],
    "FastCGI, managed PHP-FPM": [
      "`php`, and `processes`",
      "for one request at a time",
      "the request that it serves",
      "yes",
    ],
    "FastCGI, Go, pooled": ["`fastcgi` with `capacity`", "for many", "the requests that it serves", "yes"],
    "FastCGI, Go, multiplexed": ["… and `multiplex`", "for many", "the requests that it serves", "yes"],
    "FastCGI, Node, unpooled": ["`fastcgi`", "for many", "the requests that it serves", "yes"],
    "FastCGI, Node, multiplexed": [
      "`fastcgi` with `capacity`, `multiplex`",
      "for many",
      "the requests that it serves",
      "yes",
    ],
    "SCGI, Node": ["`fastcgi`, address with `scgi+`", "for many", "the requests that it serves", "yes"],
    "HTTP hop, Node": ["`handler` that calls `fetch`", "for many", "the requests that it serves", "yes"],
    "handler, Node": ["`handler`", "the server's", "the server, and everybody's requests", "no"],
    "Apache, mod_php": ["(Apache)", "the server's", "a process of the server, and its request", "no"],
    "Apache, mod_fcgid": ["(Apache)", "for one request at a time", "the request that it serves", "yes"],
  };

/** Puts the figures into the page that compares the kinds. */
export function writeKindsPage(results: readonly Result[], measured: string): void {
  const rows = results.map(({ name, requestsPerSecond, cpuPerRequest }) => {
    const [route = "", process = "", crash = "", restart = ""] = PROPERTIES[name] ?? [];
    return [name, route, process, crash, restart, requestsPerSecond.toFixed(0), cpuPerRequest.toFixed(0)];
  });
  const head = [
    "kind",
    "route",
    "a process",
    "a crash takes with it",
    "restarts without the others",
    "requests/s",
    "CPU µs/request",
  ];
  const text = readFileSync(page, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has lost the place of its figures: ${BEGIN} … ${END}`);
  const figures = `${BEGIN}\n\n${measured}\n\n${markdownTable(head, rows, 5)}\n\n`;
  writePage(page, text.slice(0, begin) + figures + text.slice(end));
}
