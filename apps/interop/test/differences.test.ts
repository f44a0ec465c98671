// One corpus, sent to us and to other web servers: DIFFERENCES.md says where we differ, and why.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { compareAll } from "../src/differences/compare-all.ts";
import { compare } from "../src/differences/compare.ts";
import type { Difference } from "../src/differences/compare.ts";
import { CORPUS } from "../src/differences/corpus.ts";
import { CHAPTERS, explainAll } from "../src/differences/explain.ts";
import type { Observation } from "../src/differences/observe.ts";
import { readAnswers } from "../src/differences/read-answers.ts";
import { sayDifference } from "../src/differences/say-difference.ts";
import { canCompare, SERVERS } from "../src/differences/servers.ts";
import { renderDifferences } from "../src/differences/table.ts";
import { readRules } from "../src/rules/rule.ts";

const there = SERVERS.filter(canCompare);
const all = there.length === SERVERS.length;

describe.runIf(there.length > 1)("the differences from other web servers", () => {
  let differences: readonly Difference[] = [];

  beforeAll(async () => {
    differences = await compareAll(there);
  }, 300_000);

  test.each(there.slice(1).map(({ name }) => name))("%s: each has a reason", (name) => {
    const { unexplained } = explainAll(differences.filter(({ server }) => server === name));
    expect(unexplained.map(sayDifference)).toEqual([]);
  });

  test.runIf(all)("each reason explains one", () => {
    expect(explainAll(differences).unused.map(({ why }) => why)).toEqual([]);
  });

  test.runIf(all)("DIFFERENCES.md is what `pnpm differences` writes", () => {
    const written = readFileSync(join(import.meta.dirname, "../DIFFERENCES.md"), "utf8");
    expect(written).toBe(renderDifferences(explainAll(differences)));
  });
});

test("what a reason calls a rule is one", () => {
  const known = new Set(readRules().map(({ id }) => id));
  const named = CHAPTERS.flatMap(({ reasons }) => reasons.flatMap(({ why }) => why.match(/\bT[A-K]\d+/g) ?? []));
  expect(named.filter((id) => !known.has(id))).toEqual([]);
  expect(named.length).toBeGreaterThan(0);
});

test("no two cases have one name", () => {
  expect(CORPUS.filter(({ name }, at) => CORPUS.findIndex((other) => other.name === name) !== at)).toEqual([]);
});

describe("a difference is found", () => {
  const observation = (change: Partial<Observation>): ReadonlyMap<string, Observation> =>
    new Map([
      [
        "a case",
        { status: "200", asked: 1, request: new Map(), response: new Map(), fromApplication: true, ...change },
      ],
    ]);
  const between = (ours: Partial<Observation>, theirs: Partial<Observation>): string[] =>
    compare(observation(ours), observation(theirs), "other").map(sayDifference);

  test("in the status, and then not in headers as well", () => {
    const response = new Map([["header a", "1"]]);
    expect(between({ response }, { status: "404" })).toEqual(["a case | status | ours: 200 | other: 404"]);
  });

  test("in a value, and in one that is not there", () => {
    const request = new Map([
      ["param A", "1"],
      ["param B", "2"],
    ]);
    expect(between({ request }, { request: new Map([["param A", "3"]]) })).toEqual([
      "a case | param A | ours: 1 | other: 3",
      "a case | param B | ours: 2 | other: absent",
    ]);
  });

  test("in headers of the application's answer, and in none of a page of the server's own", () => {
    const response = new Map([["header a", "1"]]);
    expect(between({ response }, {})).toEqual(["a case | header a | ours: 1 | other: absent"]);
    expect(between({ response }, { fromApplication: false })).toEqual([]);
  });

  test("and told when nothing explains it, or a reason explains nothing", () => {
    const [difference] = compare(observation({}), observation({ status: "404" }), "other");
    const chapter = (name: RegExp) => [{ title: "one", reasons: [{ why: "so", field: /^status$/, name }] }];
    expect(explainAll([difference!], chapter(/^a case$/))).toMatchObject({ unexplained: [], unused: [] });
    expect(explainAll([difference!], chapter(/^another$/))).toMatchObject({
      unexplained: [difference],
      unused: [{ why: "so" }],
    });
  });
});

describe("answers are read", () => {
  const status = (text: string, methods = ["GET", "GET"]): unknown[] =>
    readAnswers(text, methods).map(({ status, body, cut }) => (cut ? [status, body, "cut"] : [status, body]));

  test.for<[string, string, unknown[]]>([
    ["by length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", [[200, "ab"]]],
    ["by chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n", [[200, "ab"]]],
    ["by the end of the connection", "HTTP/1.1 200 OK\r\n\r\nab", [[200, "ab"]]],
    [
      "one after the other, without 100",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\nHTTP/1.1 404 No\r\n\r\n",
      [
        [204, ""],
        [404, ""],
      ],
    ],
    ["cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", [[200, "ab", "cut"]]],
    ["cut in the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", [[200, "ab", "cut"]]],
    ["cut in the head", "HTTP/1.1 200 OK\r\nA: b", [[200, "", "cut"]]],
    ["without a head", "hello", [[0, "hello"]]],
    ["not at all", "", []],
  ])("%s", ([, text, expected]) => {
    expect(status(text)).toEqual(expected);
  });

  test("without a body for HEAD", () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    expect(status(text, ["HEAD", "GET"])).toEqual([
      [200, ""],
      [404, ""],
    ]);
  });
});
