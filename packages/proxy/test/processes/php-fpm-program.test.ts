import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { findPhpFpm, installCommand } from "../../src/processes/php-fpm-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function folderWith(names: readonly string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "sbin"));
  for (const name of names) writeFileSync(join(folder, "sbin", name), "#!/bin/sh\n", { mode: 0o755 });
  return join(folder, "sbin");
}

test("php-fpm itself comes first, else the newest version", () => {
  const both = folderWith(["php-fpm8.2", "php-fpm"]);
  expect(findPhpFpm(undefined, "", [both])).toBe(join(both, "php-fpm"));
  const versions = folderWith(["php-fpm7.4", "php-fpm8.10", "php-fpm8.9", "php-fpmx", "php8.9"]);
  expect(findPhpFpm(undefined, "", [versions])).toBe(join(versions, "php-fpm8.10"));
  const alpine = folderWith(["php-fpm83", "php-fpm84"]);
  expect(findPhpFpm(undefined, alpine, [])).toBe(join(alpine, "php-fpm84"));
});

test("a given one is taken by name or by path", () => {
  const folder = folderWith(["php-fpm8.2", "php-fpm8.3"]);
  expect(findPhpFpm("php-fpm8.2", folder, [])).toBe(join(folder, "php-fpm8.2"));
  expect(findPhpFpm(join(folder, "php-fpm8.2"), "", [])).toBe(join(folder, "php-fpm8.2"));
  expect(() => findPhpFpm("php-fpm9", folder, [])).toThrow("php-fpm9 is not installed on this machine");
});

test("none: the sentence has the command that installs it", () => {
  expect(() => findPhpFpm(undefined, "", [])).toThrow(
    /^php-fpm is not installed on this machine: run `.+`, or point an upstream at a PHP-FPM that runs already\.$/,
  );
});

test.runIf(process.platform === "linux")("the command is that of the distribution or of its relatives", () => {
  expect(installCommand("ID=debian\n")).toBe("apt-get install php-fpm");
  expect(installCommand('ID="rocky"\nID_LIKE="rhel centos fedora"\n')).toBe("dnf install php-fpm");
  expect(installCommand("NAME=Alpine\nID=alpine\n")).toBe("apk add php84-fpm");
});
