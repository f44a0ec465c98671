import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

import type { Result } from "./measure.ts";

const root = join(import.meta.dirname, "../../..");
const file = join(root, "apps/bench/RESULTS.md");

/** The rows as a Markdown table; ratios are to the row each one names. */
export function table(results: readonly Result[]): string {
  const head = [
    "server",
    "upstream",
    "requests/s",
    "p99 ms",
    "CPU µs/request",
    "CPU ratio",
    "requests/s ratio",
    "failures",
  ];
  const rows = results.map((result) => {
    const base = results.find((other) => other.name === result.against);
    const ratio = (own: number, others: number | undefined): string =>
      others === undefined ? "1.00" : (own / others).toFixed(2);
    return [
      result.name,
      result.upstream,
      result.requestsPerSecond.toFixed(0),
      result.p99.toFixed(2),
      result.cpuPerRequest.toFixed(1),
      ratio(result.cpuPerRequest, base?.cpuPerRequest),
      ratio(result.requestsPerSecond, base?.requestsPerSecond),
      result.died ? `${result.failures}, then the process died` : String(result.failures),
    ];
  });
  return markdownTable(head, rows, 2);
}

/** A Markdown table; the first columns, so many, are text, the others numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string {
  return [head, head.map((_, column) => (column < textColumns ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** What was measured on, and with which versions. */
export function machine(): string {
  const version = (command: string, args: readonly string[], pattern: RegExp): string => {
    try {
      const text = execFileSync("sh", ["-c", `PATH=$PATH:/usr/sbin ${command} ${args.join(" ")} 2>&1`], {
        encoding: "utf8",
      });
      return pattern.exec(text)?.[0] ?? "?";
    } catch {
      return "absent";
    }
  };
  const versions = [
    `Node ${process.versions.node}`,
    version("nginx", ["-v"], /nginx\/[\d.]+/),
    version("apache2", ["-v"], /Apache\/[\d.]+/),
    version("caddy", ["version"], /^v?\d[\d.]*/).replace(/^v?(?=\d)/, "Caddy "),
    version("go", ["version"], /go[\d.]+/),
    version("php-fpm8.2", ["-v"], /PHP [\d.]+/),
  ];
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${versions.join(", ")}.`;
}

/** Puts a section into RESULTS.md, in the place of the one with the same heading. */
export function writeSection(heading: string, text: string): void {
  const whole = readFileSync(file, "utf8");
  const section = `## ${heading}\n\n${text.trim()}\n`;
  const start = whole.indexOf(`## ${heading}\n`);
  const next = start < 0 ? -1 : whole.indexOf("\n## ", start + 3);
  if (start < 0) writePage(file, `${whole.trimEnd()}\n\n${section}`);
  else writePage(file, whole.slice(0, start) + section + (next < 0 ? "" : whole.slice(next)));
}

/** Writes a page as the project formats it: what a bench has written passes `pnpm check`. */
export function writePage(page: string, text: string): void {
  writeFileSync(page, text);
  execFileSync(join(root, "node_modules/.bin/oxfmt"), [page], { cwd: root });
}
