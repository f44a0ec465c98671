import { existsSync } from "node:fs";
import { join } from "node:path";

import { coverageOf, placeOf } from "./coverage.ts";
import { RULE_IDS, workspace } from "./rule.ts";
import type { Rule } from "./rule.ts";
import type { Titles } from "./titles.ts";

/** Ids of faults, promises, load figures, fuzz targets and habits of releases, which are not listed here. */
const OTHER_FAMILIES = /^[fQWZR][0-9]+$/;

const KEYS: ReadonlySet<string> = new Set(["id", "rule", "owner", "due", "reason"]);

/** All that is wrong with the rules and the titles, one sentence each. */
export function findProblems(rules: readonly Rule[], titles: ReadonlyMap<string, Titles>): string[] {
  const coverage = coverageOf(titles);
  const known = new Set(rules.map(({ id }) => id));
  return [
    ...misplaced(rules),
    ...rules.flatMap((rule) => misstated(rule)),
    ...rules.flatMap((rule) => untested(rule, coverage.get(rule.id) ?? [])),
    ...[...coverage]
      .filter(([id]) => !known.has(id) && !OTHER_FAMILIES.test(id))
      .map(([id, files]) => `[${id}] in ${files.join(", ")} is no rule: rules.json does not know it.`),
    ...[...titles].flatMap(([file, { malformed }]) =>
      malformed.map((text) => `${text} in ${file}: each id has brackets of its own.`),
    ),
  ];
}

/** Every rule is there once, in order. */
function misplaced(rules: readonly Rule[]): string[] {
  const at = RULE_IDS.findIndex((id, index) => rules[index]?.id !== id);
  if (at >= 0) return [`rules.json has ${rules[at]?.id ?? "nothing"} where ${RULE_IDS[at]} belongs.`];
  return rules.length > RULE_IDS.length ? [`rules.json has ${rules[RULE_IDS.length]?.id} behind the last rule.`] : [];
}

function misstated(rule: Rule): string[] {
  const problems = Object.keys(rule)
    .filter((key) => !KEYS.has(key))
    .map((key) => `${rule.id} has the key ${key}, which means nothing.`);
  if (!/^\S.{9,159}\S$/.test(rule.rule)) problems.push(`${rule.id} is not said in one line of 160 characters.`);
  for (const place of [rule.owner, rule.due]) {
    if (place !== undefined && !exists(place))
      problems.push(`${rule.id} names ${place}: there is no such package or app.`);
  }
  if (rule.due !== undefined && rule.reason === undefined) {
    problems.push(`${rule.id} is due without a reason: say what its test waits for.`);
  }
  return problems;
}

function exists(place: string): boolean {
  return ["packages", "apps"].some((folder) => existsSync(join(workspace, folder, place, "package.json")));
}

function untested(rule: Rule, files: readonly string[]): string[] {
  const { id, due, reason } = rule;
  if (due === undefined && reason === undefined) {
    return files.length > 0
      ? []
      : [`${id} has no test: put [${id}] into a title, or say who owes it (due) and why not yet (reason).`];
  }
  if (due === undefined) return files.length === 0 ? [] : [`${id} is said to need no test, and ${files[0]} is one.`];
  const paid = files.find((file) => placeOf(file) === due);
  return paid === undefined ? [] : [`${id} is tested by ${paid} now: take due and reason out of rules.json.`];
}
