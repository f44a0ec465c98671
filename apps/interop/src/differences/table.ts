import { ABSENT } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { CORPUS } from "./corpus.ts";
import { CHAPTERS } from "./explain.ts";
import type { Explained } from "./explain.ts";
import { OURS, SERVERS } from "./servers.ts";

/** Cases, or values of one server, that are named; the others are counted. */
const NAMED = 3;

/** Behind the first of several values. */
const MORE = " …";

/** Cases in which a field differs in the same way. */
interface Row {
  readonly field: string;
  readonly names: readonly string[];
  readonly ours: string;
  /** Values, and who has them. */
  readonly theirs: Map<string, string[]>;
}

/** DIFFERENCES.md: each reason, and what it explains. */
export function renderDifferences({ byReason }: Explained): string {
  const versions = SERVERS.flatMap(({ name, version }) => (version === undefined ? [] : [`${name} ${version[2]}`]));
  const parts = [
    "# Differences",
    `What ${OURS} makes of a request or of an application's answer, and what others make of it: ${versions.join(", ")}, each with its usual configuration in front of the same recording application ([recorder.mjs](src/applications/recorder.mjs)). ${CORPUS.length} cases ([corpus.ts](src/differences/corpus.ts)) are sent to all of them; what is the same for all is not here. Each difference in status, params, headers or body has a reason.`,
    "Made by `pnpm differences`: change the cases or the reasons ([request-reasons.ts](src/differences/request-reasons.ts), [response-reasons.ts](src/differences/response-reasons.ts)), not this. A value that is there several times is written `1 & 2`, a response without a status line `no head`, one that ends too early `cut`. Ids such as TA01 are those of [RULES.md](RULES.md).",
  ];
  for (const { title, reasons } of CHAPTERS) {
    parts.push(`## ${title}`);
    for (const reason of reasons) {
      const rows = rowsOf(byReason.get(reason) ?? []);
      const lines = rows.map((row) => `| ${caseNames(row)} | ${row.field} | ${code(row.ours)} | ${others(row)} |`);
      parts.push(reason.why, ["| case | what | ours | theirs |", "| --- | --- | --- | --- |", ...lines].join("\n"));
    }
  }
  return `${parts.join("\n\n")}\n`;
}

function rowsOf(differences: readonly Difference[]): Row[] {
  const rows = new Map<string, Row>();
  for (const one of [...byCase(differences), ...byServer(differences)]) {
    const key = JSON.stringify([one.field, one.names, one.ours]);
    const row = rows.get(key) ?? { field: one.field, names: one.names, ours: one.ours, theirs: new Map() };
    rows.set(key, row);
    row.theirs.set(one.theirs, [...(row.theirs.get(one.theirs) ?? []), one.server]);
  }
  return sameInSeveralCases([...rows.values()]);
}

/** A difference of one server in several cases. */
interface Shared extends Omit<Difference, "name"> {
  readonly names: readonly string[];
}

/** The status is what a case is about: each stands for itself. */
function byCase(differences: readonly Difference[]): Shared[] {
  return differences.filter(({ field }) => field === "status").map((one) => ({ ...one, names: [one.name] }));
}

/** Params and headers differ in the same way in many cases: what a server does is said once. */
function byServer(differences: readonly Difference[]): Shared[] {
  const groups = groupBy(
    differences.filter(({ field }) => field !== "status"),
    ({ field, server }) => JSON.stringify([field, server]),
  );
  return [...groups.values()].flatMap((group) => {
    const values = groupBy(group, ({ ours, theirs }) => JSON.stringify([ours, theirs]));
    const parts = values.size > NAMED ? [group] : [...values.values()];
    return parts.map((part) => {
      const [first] = part as [Difference];
      const more = (value: string, of: (one: Difference) => string): string =>
        part.every((one) => of(one) === value) ? value : value + MORE;
      return {
        ...first,
        ours: more(first.ours, (one) => one.ours),
        theirs: more(first.theirs, (one) => one.theirs),
        names: part.map(({ name }) => name),
      };
    });
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Rows that say the same of different cases become one. */
function sameInSeveralCases(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify([row.field, row.ours, [...row.theirs]]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : { ...known, names: [...known.names, ...row.names] });
  }
  return [...merged.values()];
}

function caseNames({ field, names }: Row): string {
  if (field === "status" || names.length <= NAMED + 1) return names.map(escape).join("; ");
  return `${names.slice(0, NAMED).map(escape).join("; ")}; ${names.length - NAMED} more`;
}

function others({ theirs }: Row): string {
  return [...theirs].map(([value, servers]) => `${code(value)} ${servers.join(", ")}`).join("; ");
}

/** A value as it is read in a table. */
function code(value: string): string {
  if (value.endsWith(MORE)) return `${code(value.slice(0, -MORE.length))} …`;
  if (value === ABSENT) return ABSENT;
  return value === "" ? "empty" : `\`${escape(value)}\``;
}

function escape(text: string): string {
  return text
    .replaceAll(/[\0-\x1f\x60\x7f-\uffff]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll("|", "\\|");
}
