import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findProblems } from "../src/rules/judge.ts";
import { RULE_IDS, readRules } from "../src/rules/rule.ts";
import type { Rule } from "../src/rules/rule.ts";
import { renderTable } from "../src/rules/table.ts";
import { findTitles, readTitles } from "../src/rules/titles.ts";
import type { Titles } from "../src/rules/titles.ts";

const HERE = "packages/protocol/test/here.test.ts";

/** A complete list of rules, all of them owned by the protocol. */
function allRules(change: Readonly<Record<string, Partial<Rule>>> = {}): Rule[] {
  return RULE_IDS.map((id) => ({ id, rule: `What ${id} demands.`, owner: "protocol", ...change[id] }));
}

/** Titles that test all rules but those left out, and more. */
function allTitles(without: readonly string[] = [], more = ""): Map<string, Titles> {
  const ids = allRules().filter(({ id }) => !without.includes(id));
  return new Map([[HERE, findTitles(`test("${ids.map(({ id }) => `[${id}]`).join(" ")} ${more}", () => {});`)]]);
}

describe("the rules of this repository", () => {
  const rules = readRules();
  const titles = readTitles();

  test("each has a test or somebody who owes it, and no title has an id that is none", () => {
    expect(findProblems(rules, titles)).toEqual([]);
  });

  test("RULES.md is what `pnpm rules` writes", () => {
    expect(readFileSync(join(import.meta.dirname, "../RULES.md"), "utf8")).toBe(renderTable(rules, titles));
  });
});

describe("ids are found", () => {
  test.for([
    ["in plain titles", `test("[P1] [V2] a thing", () => {});`],
    ["in templates, before and behind what is put in", "test(`[P1] ${name} [V2]`, () => {});"],
    ["in tables", `test.each([["[P1] one"], ["[V2] two"]])("%s", () => {});`],
    ["in the titles of groups of tables", `describe.for(TABLE)("[P1] %s", () => { test("[V2]", () => {}); });`],
    ["in concatenated titles", `test("[P1] a long " + "title [V2]", () => {});`],
    ["in helpers", `const refuses = (what: string): void => test(what, () => {}); refuses("[P1][V2] a thing");`],
  ])("%s", ([, source]) => {
    expect(findTitles(source!)).toEqual({ ids: new Set(["P1", "V2"]), malformed: [] });
  });

  test("not in comments, and not where brackets are something else", () => {
    const source = `// [P1]\n/* [P2] */ test("array[P3] list[0] [x] [p4] [::1] [FE80::1]", () => bytes[P5]);`;
    expect(findTitles(source)).toEqual({ ids: new Set(["P3"]), malformed: [] });
  });

  test.for(["[P1, P2]", "[P1-P4]", "[TA01-TA09]", "[P1 a thing]"])(
    "%s is several things in one pair of brackets",
    (text) => {
      expect(findTitles(`test("${text}", () => {});`).malformed).toEqual([text]);
    },
  );
});

describe("what is wrong is said", () => {
  const problems = (
    change: Readonly<Record<string, Partial<Rule>>>,
    without: readonly string[] = [],
    more = "",
  ): string[] => findProblems(allRules(change), allTitles(without, more));

  test("nothing is, when all rules have tests", () => {
    expect(problems({})).toEqual([]);
    expect(problems({}, [], "[TA01] [TK10] [Q3] [f19] [W1] [Z4] [R2]")).toEqual([]);
  });

  test("a rule without a test", () => {
    expect(problems({}, ["P7"])).toEqual([expect.stringMatching(/^P7 has no test/)]);
  });

  test("a rule whose test is owed, or cannot be, has none for now", () => {
    const reason = "it waits";
    expect(problems({ P7: { due: "client", reason }, S12: { reason } }, ["P7", "S12"])).toEqual([]);
    expect(problems({ P7: { due: "client" } }, ["P7"])).toEqual([expect.stringMatching(/^P7 is due without a reason/)]);
  });

  test("a test that was owed and is there; a test of what was said to need none", () => {
    const reason = "it waits";
    expect(problems({ P7: { due: "client", reason } })).toEqual([]); // the client still owes its own
    expect(problems({ P7: { due: "protocol", reason } })).toEqual([expect.stringMatching(/^P7 is tested by/)]);
    expect(problems({ P7: { reason } })).toEqual([expect.stringMatching(/^P7 is said to need no test/)]);
  });

  test("an id that is no rule", () => {
    expect(problems({}, [], "[P98]")).toEqual([`[P98] in ${HERE} is no rule: rules.json does not know it.`]);
    expect(problems({}, [], "[X1] [TL01] [TA35] [TK1]")).toHaveLength(4);
    expect(problems({}, [], "[P1, P2]")).toEqual([expect.stringMatching(/^\[P1, P2\] in /)]);
  });

  test("an owner that does not exist, a rule that is no line, a key that means nothing", () => {
    expect(problems({ P7: { owner: "nobody" } })).toEqual([expect.stringMatching(/^P7 names nobody/)]);
    expect(problems({ P7: { due: "nobody", reason: "it waits" } })).toEqual([
      expect.stringMatching(/^P7 names nobody/),
    ]);
    for (const rule of ["", "two\nlines, not one", "x".repeat(200)]) {
      expect(problems({ P7: { rule } })).toEqual([expect.stringMatching(/^P7 is not said in one line/)]);
    }
    expect(problems({ P7: { dew: "client" } as Partial<Rule> })).toEqual([
      expect.stringMatching(/^P7 has the key dew/),
    ]);
  });

  test("a rule that is missing, twice there, or out of order", () => {
    const rules = allRules();
    const judged = (list: readonly Rule[]): string[] => findProblems(list, allTitles());
    expect(judged(rules.toSpliced(4, 1))).toContain("rules.json has P6 where P5 belongs.");
    expect(judged(rules.toSpliced(4, 0, rules[3]!))).toContain("rules.json has P4 where P5 belongs.");
    expect(judged(rules.slice(0, -1))).toContain("rules.json has nothing where TK10 belongs.");
    expect(judged([...rules, rules[0]!])).toEqual(["rules.json has P1 behind the last rule."]);
  });
});
