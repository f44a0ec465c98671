import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findPhp, listPhp, phpVersion } from "../../src/processes/php-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function folderWith(names: readonly string[], script = "#!/bin/sh\n"): string {
  const folder = join(temporaryFolder(), "sbin");
  mkdirSync(folder);
  for (const name of names) writeFileSync(join(folder, name), script, { mode: 0o755 });
  return folder;
}

describe.each(["php-fpm", "php-cgi"] as const)("%s", (program) => {
  test("itself comes first, then the newest version", () => {
    const other = program === "php-fpm" ? "php-cgi9" : "php-fpm9";
    const both = folderWith([`${program}8.2`, program, other]);
    expect(listPhp(program, { path: "", folders: [both] })).toEqual([join(both, program), join(both, `${program}8.2`)]);
    const versions = folderWith([`${program}7.4`, `${program}8.10`, `${program}8.9`, `${program}x`, "php8.9", other]);
    expect(findPhp(program, { path: "", folders: [versions] })).toBe(join(versions, `${program}8.10`));
    const alpine = folderWith([`${program}83`, `${program}84`]);
    expect(findPhp(program, { path: alpine, folders: [] })).toBe(join(alpine, `${program}84`));
  });

  test("a given one is taken by name or by path", () => {
    const folder = folderWith([`${program}8.2`, `${program}8.3`]);
    const wanted = join(folder, `${program}8.2`);
    expect(findPhp(program, { wanted: `${program}8.2`, path: folder, folders: [] })).toBe(wanted);
    expect(findPhp(program, { wanted, path: "", folders: [] })).toBe(wanted);
    expect(() => findPhp(program, { wanted: `${program}9`, path: folder, folders: [] })).toThrow(
      `${program}9 is not installed on this machine`,
    );
  });

  test("none: the sentence says how to install it", () => {
    expect(() => findPhp(program, { path: "", folders: [] })).toThrow(
      new RegExp(
        `^${program} is not installed on this machine: (?:run \`.+\`|install .+), or point an upstream at a PHP-FPM that runs already\\.$`,
      ),
    );
    expect(listPhp(program, { path: "", folders: [] })).toEqual([]);
  });
});

test("its version is what it says itself, and another program has none", () => {
  const says = (line: string): string => join(folderWith(["php-fpm"], `#!/bin/sh\necho "${line}"\n`), "php-fpm");
  expect(phpVersion("php-fpm", says("PHP 8.2.36 (fpm-fcgi) (built: now)"))).toBe("8.2.36");
  expect(phpVersion("php-fpm", says("PHP 8.5.0RC1 (fpm-fcgi) (built: now)"))).toBe("8.5.0");
  expect(phpVersion("php-cgi", says("PHP 8.2.36 (cgi-fcgi) (built: now)"))).toBe("8.2.36");
  expect(phpVersion("php-cgi", says("PHP 8.2.36 (cli) (built: now)"))).toBeUndefined();
  expect(phpVersion("php-fpm", says("cannot load a library"))).toBeUndefined();
  expect(phpVersion("php-fpm", "/nowhere/php-fpm")).toBeUndefined();
});
