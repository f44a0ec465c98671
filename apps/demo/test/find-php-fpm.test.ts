import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { findPhpFpm } from "../src/find-php-fpm.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(path: string, mode = 0o755): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  chmodSync(file, mode);
  return file;
}

test("looks in the folders of the PATH and in the sbin beside a bin", () => {
  const inPath = program("tools/php-fpm8.4");
  const beside = program("usr/sbin/php-fpm8.3");
  program("other/sbin/php-fpm8.5");
  expect(findPhpFpm([join(folder, "tools"), join(folder, "usr/bin")].join(delimiter))).toEqual([inPath, beside]);
});

test("takes a name without version first, then the newest, however the version is written", () => {
  const names = ["php-fpm", "php-fpm8.10", "php-fpm84", "php-fpm8.2", "php-fpm7.4"];
  const files = names.map((name) => program(`bin/${name}`));
  expect(findPhpFpm(join(folder, "bin"))).toEqual(files);
});

test("takes no other names, no folders and no files that cannot be run", () => {
  program("bin/php-fpm8.2.conf");
  program("bin/php-fpm-status");
  program("bin/php8.2");
  program("bin/php-fpm8.3/file");
  if (process.getuid?.() !== 0) program("bin/php-fpm8.4", 0o644);
  expect(findPhpFpm(join(folder, "bin"))).toEqual([]);
});

test("a PATH that names nothing finds nothing", () => {
  expect(findPhpFpm("")).toEqual([]);
  expect(findPhpFpm(join(folder, "missing"))).toEqual([]);
});
