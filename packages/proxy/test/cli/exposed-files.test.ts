import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { notesOnExposure } from "../../src/cli/exposed-files.ts";
import type { ProxyConfig, RouteConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const upstreams = { php: { addresses: ["unix:/absent.sock"] } };

function notes(root: string, file: string | undefined, routes: readonly RouteConfig[], more?: Partial<ProxyConfig>) {
  const config = expandConfig({ root, upstreams, routes, ...more }, { folder: root, file: "x" });
  return notesOnExposure(config, file).map((note) => note.replaceAll(root, "ROOT"));
}

test("[TK02] a configuration, a key, passwords and a spool in a folder that is served are named", () => {
  const root = temporaryFolder();
  const { cert } = makeCertificate();
  for (const name of ["site.yaml", "site.key", "users", "outside"]) writeFileSync(join(root, name), "");
  mkdirSync(join(root, "spool"));
  const routes: RouteConfig[] = [
    { match: "/a", access: { basic: { file: "users" } }, respond: {} },
    { static: true },
    { php: "php" },
  ];
  const more = { listen: ["https://:443"], tls: { cert, key: "site.key" }, limits: { spool: { folder: "spool" } } };
  expect(notes(root, join(root, "site.yaml"), routes, more)).toEqual([
    "ROOT/site.yaml, the configuration, lies in a folder that is served: move it, or deny it",
    "ROOT/site.key, a private key, lies in a folder that is served: move it, or deny it",
    "ROOT/users, passwords, lies in a folder that is served: move it, or deny it",
    "ROOT/spool, where bodies wait, lies in a folder that is served: move it, or deny it",
  ]);
});

test("[TK02] what nobody gets anyway is not named", () => {
  const root = temporaryFolder();
  for (const name of ["x.config.ts", "site.yaml", ".site.yaml", "site.php"]) writeFileSync(join(root, name), "");
  mkdirSync(join(root, "public"));
  const file = (name: string): string => join(root, name);
  expect(notes(root, undefined, [{ static: true }])).toEqual([]);
  expect(notes(root, file("x.config.ts"), [{ static: true }])).toEqual([]);
  expect(notes(root, file(".site.yaml"), [{ static: true }])).toEqual([]);
  expect(notes(root, file("site.php"), [{ php: "php" }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ static: true, deny: ["/site.*"] }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ static: true, access: { allow: ["10.0.0.1"] } }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ static: true, internal: true }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ static: { root: "public" } }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ match: "/public/*", static: true }])).toEqual([]);
  expect(notes(root, file("site.yaml"), [{ mount: "/files", static: true }])).toHaveLength(1);
});

test("[TK02] nor does a link in between hide it; all of the machine is said in one sentence", () => {
  const root = temporaryFolder();
  writeFileSync(join(root, "site.yaml"), "");
  symlinkSync(root, join(root, "current"));
  expect(notes(root, join(root, "site.yaml"), [{ static: { root: "current" } }])).toHaveLength(1);
  expect(notes("/", join(root, "site.yaml"), [{ static: true }])).toHaveLength(1);
});
