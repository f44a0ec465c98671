import { coverageOf, placeOf } from "./coverage.ts";
import { familyOf } from "./rule.ts";
import type { Rule } from "./rule.ts";
import type { Titles } from "./titles.ts";

const HEADINGS: Readonly<Record<string, string>> = {
  P: "FastCGI",
  C: "CGI",
  S: "SCGI",
  V: "Known bugs of others",
  TA: "Threats: requests of HTTP/1",
  TB: "Threats: requests of HTTP/2",
  TC: "Threats: target, host, routing",
  TD: "Threats: from a path to a file or script",
  TE: "Threats: from headers to params",
  TF: "Threats: the other end of a FastCGI connection",
  TG: "Threats: from an application's response to HTTP",
  TH: "Threats: cache and ranges",
  TI: "Threats: exhaustion",
  TJ: "Threats: other users of the machine",
  TK: "Threats: configuration, TLS",
};

/** RULES.md: each rule, its owner, and the files that test it. */
export function renderTable(rules: readonly Rule[], titles: ReadonlyMap<string, Titles>): string {
  const coverage = coverageOf(titles);
  const tested = rules.filter(({ id }) => coverage.has(id)).length;
  const owed = rules.filter(({ due }) => due !== undefined).length;
  const nothing = rules.filter(({ due, reason }) => due === undefined && reason !== undefined).length;
  const parts = [
    "# Rules",
    "Which rule is kept by whom, and tested where. Made by `pnpm rules` from [rules.json](rules.json) and the ids in the titles of tests: change those, not this.",
    `${rules.length} rules: ${tested} tested, ${owed} still owed by their owner, ${nothing} with nothing to test.`,
  ];
  for (const [family, heading] of Object.entries(HEADINGS)) {
    const rows = rules
      .filter(({ id }) => familyOf(id) === family)
      .map((rule) => `| ${rule.id} | ${rule.rule} | ${rule.owner} | ${proof(rule, coverage.get(rule.id) ?? [])} |`);
    parts.push(
      `## ${heading}`,
      ["| rule | in one line | owner | tests |", "| --- | --- | --- | --- |", ...rows].join("\n"),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

function proof({ due, reason }: Rule, files: readonly string[]): string {
  const tests = [...new Set(files.map(placeOf))].map((place) => {
    const names = files.filter((file) => placeOf(file) === place).map(nameOf);
    return `**${place}** ${names.join(", ")}`;
  });
  if (due !== undefined) tests.push(`owed by **${due}**: ${reason}`);
  else if (reason !== undefined) tests.push(`none: ${reason}`);
  return tests.join("; ");
}

/** `packages/protocol/test/cgi/snippet.test.ts` is `cgi/snippet`. */
function nameOf(file: string): string {
  return file
    .split("/")
    .slice(3)
    .join("/")
    .replace(/(?:\.test)?\.ts$/, "");
}
