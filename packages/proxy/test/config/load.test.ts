import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { expandConfig } from "../../src/config/expand.ts";
import { findConfig, loadConfig } from "../../src/config/load.ts";

const folder = mkdtempSync(join(tmpdir(), "x-proxy-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const yaml = `root: public
upstreams:
  php:
    addresses: [unix:run/php.sock]
routes:
  - match: /assets/*
    static: { maxAge: 1y }
  - php: php
`;
const json = JSON.stringify({
  root: "public",
  upstreams: { php: { addresses: ["unix:run/php.sock"] } },
  routes: [{ match: "/assets/*", static: { maxAge: "1y" } }, { php: "php" }],
});

test.each([
  ["a.yaml", yaml],
  ["a.yml", yaml],
  ["a.json", json],
  ["a.mjs", `export default ${json};`],
  ["a.ts", `const config: object = ${json};\nexport default config;`],
])("%s gives the same configuration", async (name, text) => {
  const { config, source } = await loadConfig(file(name, text));
  const resolved = expandConfig(config, source);
  expect(resolved.root).toBe(join(folder, "public"));
  expect(resolved.upstreams.get("php")?.addresses[0]?.address).toBe(`unix:${folder}/run/php.sock`);
  expect(resolved.routes).toHaveLength(2);
});

test("a file of another kind", async () => {
  await expect(loadConfig(file("b.toml", "x = 1"))).rejects.toMatchObject({
    code: "FCGI_ERR_CONFIG",
    message: "b.toml must end with .ts, .js, .mjs, .json, .yaml or .yml.",
  });
});

test("a folder", async () => {
  await expect(loadConfig(folder)).rejects.toThrow(`${basename(folder)} is a folder: name the configuration in it.`);
});

test("a file that is not there", async () => {
  await expect(loadConfig(join(folder, "none.ts"))).rejects.toMatchObject({
    code: "FCGI_ERR_CONFIG",
    message: `none.ts does not exist in ${folder}.`,
  });
});

test.each([
  ["c.yaml", yaml.replace("php: php", "php: phq"), 'c.yaml:8: routes[1].php "phq" is not defined. Did you mean "php"?'],
  [
    "c.json",
    '{\n  "root": ".",\n\t"routes": [\n    { "statik": true }\n  ]\n}',
    'c.json:4: routes[0].statik is not a known key. Did you mean "static"?',
  ],
  [
    "d.ts",
    'export default {\n  root: ".",\n  rotues: [],\n  routes: [{}] };',
    'd.ts:3: rotues is not a known key. Did you mean "routes"?',
  ],
])("%s: file, line and key of what is wrong", async (name, text, expected) => {
  const { config, source } = await loadConfig(file(name, text));
  expect(() => expandConfig(config, source)).toThrow(expect.objectContaining({ message: expected }));
});

test("the file of a folder is found", () => {
  expect(findConfig(folder)).toBeUndefined();
  const path = file("x.config.json", "{}");
  expect(findConfig(folder)).toBe(path);
});
