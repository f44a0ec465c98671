import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { packageFolders } from "../src/package-folders.ts";
import { stage } from "../src/stage.ts";

const source = join(import.meta.dirname, "..");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Everything below a folder, with the rights that all users have of it. */
function rights(at: string): number[] {
  return readdirSync(at, { recursive: true }).map((name) => statSync(join(at, String(name))).mode & 0o777);
}

test("stages site, bundled applications, packages and node for every user, whatever the umask is", async () => {
  const umask = process.umask(0o077);
  try {
    const staged = await stage({
      folder,
      site: join(source, "site"),
      applications: { node: join(source, "src/node-application/main.ts") },
      packages: ["@php-wasm/node"],
    });
    expect(readFileSync(join(staged.site, "index.html"))).toEqual(readFileSync(join(source, "site/index.html")));
    expect(execFileSync(staged.node, ["--version"], { encoding: "utf8" }).trim()).toBe(process.version);
    expect(readFileSync(staged.applications["node"] ?? "", "utf8")).not.toMatch(/from "@x\//);
    expect(readdirSync(join(staged.cwd, "node_modules/@php-wasm"))).toEqual(
      expect.arrayContaining(["node", "node-8-4", "universal"]),
    );
    for (const mode of rights(folder)) expect(mode & 0o004).toBe(0o004);
  } finally {
    expect(process.umask(umask)).toBe(0o077);
  }
});

test("finds the folders of packages and of what they depend on; a package that is missing is left out", () => {
  const folders = packageFolders(["@php-wasm/node", "no-such-package"], join(source, "src"));
  expect([...folders.keys()]).toEqual(
    expect.arrayContaining(["@php-wasm/node", "@php-wasm/universal", "@php-wasm/node-8-4", "ws"]),
  );
  expect(folders.has("no-such-package")).toBe(false);
  for (const [name, at] of folders) {
    expect((JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as { name: string }).name).toBe(name);
  }
});
