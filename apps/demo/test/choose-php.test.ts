import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { choosePhp } from "../src/choose-php.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that prints a text. */
function program(name: string, says: string, exitCode = 0): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' '${says}'\nexit ${exitCode}\n`, { mode: 0o755 });
  return file;
}

test("auto takes the first php-fpm that runs and is one", () => {
  program("php-fpm8.4", "error while loading shared libraries", 127);
  program("php-fpm8.3", "PHP 8.3.1 (cli) (built: today)");
  const phpFpm = program("php-fpm8.2", "PHP 8.2.30 (fpm-fcgi) (built: today)");
  const expected = { phpFpm, reason: `PHP 8.2.30 by php-fpm, found at ${phpFpm}.` };
  expect(choosePhp("auto", folder)).toEqual(expected);
  expect(choosePhp("fpm", folder)).toEqual(expected);
});

test("auto takes WebAssembly where there is no php-fpm, and says why", () => {
  expect(choosePhp("auto", folder)).toEqual({
    phpFpm: undefined,
    reason: "PHP in WebAssembly (@php-wasm/node), because no php-fpm is installed here.",
  });
  const broken = program("php-fpm8.4", "", 127);
  expect(choosePhp("auto", folder).reason).toBe(
    `PHP in WebAssembly (@php-wasm/node), because ${broken} cannot be run here.`,
  );
});

test("fpm is a mistake where there is none, with the remedy", () => {
  expect(() => choosePhp("fpm", folder)).toThrow(/^no php-fpm is installed here: install it/);
});

test("wasm is taken although there is a php-fpm", () => {
  program("php-fpm8.2", "PHP 8.2.30 (fpm-fcgi) (built: today)");
  expect(choosePhp("wasm", folder)).toEqual({
    phpFpm: undefined,
    reason: "PHP in WebAssembly (@php-wasm/node), as --php-runtime wasm asks for.",
  });
});
