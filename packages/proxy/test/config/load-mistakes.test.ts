import { execFile } from "node:child_process";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { temporaryFolder } from "../support/temporary-folder.ts";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("../support/said-of-configs.mjs", import.meta.url));

type Case = readonly [name: string, text: string, expected: string | RegExp];

const OTHERS: Readonly<Record<string, string>> = {
  "b.ts": 'export function fail(): never {\n  throw new Error("SITE is not set:\\n  set it.");\n}',
  "c.ts": 'import x from "./nope.ts";\nexport default x;',
  "d.mjs": "}",
  "e.mjs": 'import "./e.mjs";\nexport * from "./d.mjs";',
};

/** Writes each file into a folder of its own, and gives what is said of it by one program. */
async function said(cases: readonly Case[]): Promise<string[]> {
  const folder = realpathSync(temporaryFolder());
  const paths = cases.map(([name, text], index) => {
    const own = join(folder, `${index}`);
    mkdirSync(own);
    for (const [other, content] of Object.entries(OTHERS)) writeFileSync(join(own, other), content);
    writeFileSync(join(own, name), text);
    return join(own, name);
  });
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...paths]);
  expect(stderr).not.toContain("ExperimentalWarning");
  return (JSON.parse(stdout) as string[]).map((message, index) =>
    message.replaceAll(join(folder, `${index}`), "FOLDER"),
  );
}

/** One program for all, since each takes a second to start; what is wrong is told of all. */
async function check(cases: readonly Case[]): Promise<void> {
  const messages = await said(cases);
  const given = cases.map(([name, text], index) => ({ name, text, said: messages[index] }));
  expect(given).toEqual(
    cases.map(([name, text, expected]) => ({
      name,
      text,
      said: typeof expected === "string" ? expected : expect.stringMatching(expected),
    })),
  );
}

test("JSON and YAML: place and remedy", async () => {
  await check([
    ["a.yaml", "root: [", "a.yaml:1:8: a [ or { before this is not closed, or what stands in it is not indented."],
    ["a.yaml", "root: .\nroutes:\n\t- static: true", "a.yaml:3:1: a tab indents the line: write spaces."],
    [
      "a.yaml",
      "root: .\n root: /",
      'a.yaml:1:7: two keys stand on one line, or a text with ": " in it lacks its quotes.',
    ],
    ["a.yaml", "root: .\nroot: /", "a.yaml:2:1: the key root stands here a second time: remove one of them."],
    [
      "a.yaml",
      "root: .\nroutes:\n  - match: *.php",
      'a.yaml:3:12: *.php stands for something named &.php, which is not there: a text that begins with * needs quotes, as in "*.php".',
    ],
    ["a.yaml", "", "a.yaml: a configuration is an object with routes, and this is empty."],
    ["a.yaml", "- static: true", "a.yaml: a configuration is an object with routes, and this is a list."],
    ["a.yaml", "root: .\n---\nroot: /", "a.yaml:2:1: --- begins a second document: a configuration is one."],
    [
      "a.yaml",
      "root: .\nroutes:\n  - fastcgi:\n      upstrem: a",
      /^a\.yaml:4: routes\[0\]\.fastcgi\.upstrem is not a known key\. Did you mean "upstream"\?$/,
    ],
    ["a.json", '{\n  "root": "."\n  "routes": []\n}', 'a.json:2:14: a comma is missing before "routes".'],
    [
      "a.json",
      '{\n "root": "x",\n "root": 1 }',
      'a.json:3:2: the key "root" stands here a second time: remove one of them.',
    ],
    [
      "a.json",
      '\uFEFF{ "rot": 1,\n "routes": [{ "static": true }] }',
      'a.json:1: rot is not a known key. Did you mean "root"?',
    ],
  ]);
});

test("modules: place and remedy", async () => {
  await check([
    // Not in the same words on each Node.
    [
      "a.ts",
      'const a: number = 1;\nexport default {\n  root: "."\n  listen: [],\n};',
      /^a\.ts:4:3: cannot be read: .*'listen'\.$/,
    ],
    ["a.ts", "export default {", /^a\.ts:1(:\d+)?: cannot be read: .*end of the file/],
    [
      "a.mjs",
      'export default {\n  root: "."\n  listen: [],\n};',
      "a.mjs:3:3: cannot be read: Unexpected identifier 'listen'.",
    ],
    [
      "a.js",
      'export default {\n  root: "."\n  listen: [],\n};',
      "a.js:3:3: cannot be read: Unexpected identifier 'listen'.",
    ],
    [
      "a.ts",
      "\nenum A { B }\nexport default { x: A.B };",
      "a.ts:2:1: cannot be run: TypeScript enum is more than a type, and Node only takes types away: write it as JavaScript.",
    ],
    [
      "a.ts",
      "const a: any = undefined;\nexport default {\n  x: a.b };",
      "a.ts:3:8: cannot be run: TypeError: Cannot read properties of undefined (reading 'b').",
    ],
    ["a.ts", 'import { fail } from "./b.ts";\n\nfail();', "a.ts:3:1: cannot be run: SITE is not set: set it."],
    ["a.mjs", 'throw "a text";', 'a.mjs: cannot be run: it throws "a text".'],
    ["a.mjs", "throw undefined;", "a.mjs: cannot be run: it throws undefined."],
    ["a.ts", "\nexport const config = {};", "a.ts: has no default export: write export default defineConfig({ … })."],
    ["a.ts", "\nexport default undefined;", "a.ts:2: has no default export: write export default defineConfig({ … })."],
    [
      "a.ts",
      "\nexport default async () => ({});",
      "a.ts:2: the default export is a function: export what it returns, by calling it.",
    ],
    [
      "a.ts",
      "const make = async () => { throw new Error(); };\nexport default make();",
      "a.ts:2: the default export is a promise: write await before it.",
    ],
    [
      "a.ts",
      'import "./b.ts";\nimport x from "./nope.ts";\nexport default { x };',
      "a.ts:2: imports nope.ts, which does not exist: correct the path.",
    ],
    [
      "a.ts",
      '\nimport x from "nopackage/it";\nexport default { x };',
      "a.ts:2: imports the package nopackage, which is not installed here: run `npm install nopackage` in FOLDER.",
    ],
    [
      "a.ts",
      'import { defineConfig } from "@x/proxy";\nexport default defineConfig({});',
      "a.ts:1: imports the package @x/proxy, which is not installed here: run `npm install @x/proxy` in FOLDER, or write `import type`, and satisfies ProxyConfig in place of defineConfig.",
    ],
    [
      "a.ts",
      'import x from "./c.ts";\nexport default x;',
      "c.ts:1: imports nope.ts, which does not exist: correct the path.",
    ],
    [
      "a.ts",
      'import { nope } from "./b.ts";\nexport default nope;',
      "a.ts:1:10: cannot be read: The requested module './b.ts' does not provide an export named 'nope'.",
    ],
    ["a.ts", 'import x from "./d.mjs";\nexport default x;', "d.mjs:1:1: cannot be read: Unexpected token '}'."],
    [
      "a.ts",
      'import "./a.ts";\nimport "node:fs";\nimport { x } from "./e.mjs";\nexport default x;',
      "d.mjs:1:1: cannot be read: Unexpected token '}'.",
    ],
    ["a.js", "module.exports = { rotues: [] };", /^a\.js: rotues is not a known key\. Did you mean "routes"\?$/],
  ]);
});

test("a module behind a link is named as it was given", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "x.config.ts");
  writeFileSync(join(folder, "site.ts"), "\nexport default { x: nope };");
  symlinkSync("site.ts", path);
  const { stdout } = await run(process.execPath, [PROGRAM, path]);
  expect(JSON.parse(stdout)).toEqual(["x.config.ts:2:21: cannot be run: ReferenceError: nope is not defined."]);
});

const routes = "routes: [{ respond: {} }]";

test("the line of a key in a module", async () => {
  const cases: readonly (readonly [what: string, text: string, begins: string])[] = [
    ["in the object", `export default {\n  ${routes},\n  rot: "."\n};`, "a.ts:3: rot"],
    ["a wrong value", `export default {\n  ${routes},\n  timeouts: {\n    idle: -1 } };`, "a.ts:4: timeouts.idle"],
    [
      "a missing key: what lacks it",
      "export default { routes: [\n  { static: true },\n  { fastcgi: {} },\n] };",
      "a.ts:3: routes[1].fastcgi.upstream is missing.",
    ],
    ["a missing key of the whole", "export default {\n};", "a.ts: routes is missing."],
    ["nothing of it", "\nexport default 5;", "a.ts:2: a configuration is an object with routes, and this is 5."],
    [
      "in defineConfig",
      `const defineConfig = (it: object): object => it;\nexport default defineConfig({\n  rot: ".", ${routes} });`,
      "a.ts:3: rot",
    ],
    ["by satisfies", `export default {\n  ${routes},\n  "rot": "."\n} satisfies object as object;`, "a.ts:3: rot"],
    ["by a name", `const site: object = {\n  rot: ".",\n  ${routes} };\nexport { site as default };`, "a.ts:2: rot"],
    [
      "by a name within",
      `const routes = [\n  { static: true },\n  { statik: true },\n];\nexport default { routes };`,
      "a.ts:3: routes[1].statik",
    ],
    ["spread", `export const all = {\n  rot: "." };\nexport default { ...all, ${routes} };`, "a.ts:2: rot"],
    [
      "twice: the last counts",
      `const all = { timeouts: {\n  idle: -1 } };\nexport default { ...all, ${routes},\n  timeouts: { send: -1 } };`,
      "a.ts:4: timeouts.send",
    ],
    [
      "made elsewhere: the key of it",
      `const make = (): object[] => [{ statik: true }];\nexport default {\n\n  routes: make() };`,
      "a.ts:4: routes[0].statik",
    ],
    [
      "behind a spread of a list",
      `const more = [{ static: true }];\nexport default {\n  routes: [\n  ...more, { statik: true }] };`,
      "a.ts:3: routes[1].statik",
    ],
    [
      "perhaps of a spread: no line",
      `const make = (): object => ({ rot: "." });\nexport default {\n  ${routes}, ...make() };`,
      "a.ts: rot",
    ],
    ["a computed name: no line", `const rot = "ro" + "t";\nexport default {\n  [rot]: ".", ${routes} };`, "a.ts: rot"],
    [
      "made elsewhere: no line",
      `const make = (): object => ({ rot: ".", routes: [{ static: true }] });\nexport default make();`,
      "a.ts: rot",
    ],
  ];
  const messages = await said(cases.map(([, text]) => ["a.ts", text, ""]));
  for (const [index, [what, , begins]] of cases.entries())
    expect(`${what}: ${messages[index]}`).toMatch(`${what}: ${begins}`);
});
