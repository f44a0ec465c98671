import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The workspace, in which packages and apps lie. */
export const workspace: string = join(import.meta.dirname, "../../../..");

/** One rule of FastCGI, CGI or SCGI, or the lesson of a known bug. */
export interface Rule {
  /** `P` protocol, `C` CGI, `S` SCGI, `V` known bugs. */
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
export const FAMILIES: Readonly<Record<string, number>> = { P: 97, C: 35, S: 12, V: 45 };

/** The rules of `rules.json`, as they stand there. */
export function readRules(): Rule[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../rules.json"), "utf8")) as Rule[];
}
