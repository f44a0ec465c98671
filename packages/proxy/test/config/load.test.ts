import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

test.each<[string, string, RegExp]>([
  ["b.yaml", "root: [", /^b\.yaml:1 cannot be read: /],
  ["b.json", '{\n "root": "x",\n "root": 1 }', /^b\.json:3 cannot be read: /],
  ["b.ts", "export default {", /^b\.ts cannot be run: /],
  ["b.mjs", "export const config = {};", /^b\.mjs has no default export/],
  ["b.toml", "x = 1", /^b\.toml must end with /],
])("%s: an error that names the file", async (name, text, expected) => {
  await expect(loadConfig(file(name, text))).rejects.toMatchObject({
    code: "FCGI_ERR_CONFIG",
    message: expect.stringMatching(expected),
  });
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
])("%s: file, line and key of what is wrong", async (name, text, expected) => {
  const { config, source } = await loadConfig(file(name, text));
  expect(() => expandConfig(config, source)).toThrow(expect.objectContaining({ message: expected }));
});

test("the file of a folder is found", () => {
  expect(findConfig(folder)).toBeUndefined();
  const path = file("x.config.json", "{}");
  expect(findConfig(folder)).toBe(path);
});
