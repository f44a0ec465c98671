import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The workspace, in which packages and apps lie. */
export const workspace: string = join(import.meta.dirname, "../../../..");

/** One rule of FastCGI, CGI or SCGI, the lesson of a known bug, or a threat and what is done about it. */
export interface Rule {
  /** `P` protocol, `C` CGI, `S` SCGI, `V` known bugs, `TA` to `TK` threats, numbered with two digits. */
  readonly id: string;
  /** One line. */
  readonly rule: string;
  /** The package or app that keeps it. */
  readonly owner: string;
  /** The package or app whose work will bring the first test of its own. */
  readonly due?: string;
  /** Why the owner has no test: what the test waits for, or, without `due`, why there will be none. */
  readonly reason?: string;
}

/** How many rules each family has, in the order of the table. */
const FAMILIES: Readonly<Record<string, number>> = {
  ...{ P: 97, C: 35, S: 12, V: 45 },
  ...{ TA: 34, TB: 25, TC: 22, TD: 18, TE: 20, TF: 34, TG: 21, TH: 15, TI: 17, TJ: 14, TK: 10 },
};

/** The ids of all rules, in the order of the table. */
export const RULE_IDS: readonly string[] = Object.entries(FAMILIES).flatMap(([family, count]) =>
  Array.from({ length: count }, (_, index) => `${family}${String(index + 1).padStart(family.length, "0")}`),
);

/** The family of an id: its letters. */
export function familyOf(id: string): string {
  return id.replace(/[0-9]+$/, "");
}

/** The rules of `rules.json`, as they stand there. */
export function readRules(): Rule[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../rules.json"), "utf8")) as Rule[];
}
