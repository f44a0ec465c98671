import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { siteIn } from "../../src/presets/site-in.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function laravel(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "public"));
  for (const file of ["artisan", "public/index.php"]) writeFileSync(join(folder, file), "");
  return folder;
}

test("by the files of a folder on disk, with absolute paths", () => {
  const folder = laravel();
  expect(siteIn(folder, undefined)).toMatchObject({
    preset: "laravel",
    documentRoot: join(folder, "public"),
    links: [join(folder, "storage/app/public")],
  });
  expect(siteIn(join(folder, "public"), undefined)).toMatchObject({
    preset: "laravel",
    documentRoot: join(folder, "public"),
    links: [join(folder, "storage/app/public")],
  });
});

test("none: the folder as it is", () => {
  const folder = laravel();
  expect(siteIn(folder, "none")).toEqual({
    preset: undefined,
    documentRoot: folder,
    frontController: "/index.php",
    index: ["index.php", "index.html"],
    deny: [],
    links: [],
    params: {},
  });
});

test("a folder that is not there is a plain one", () => {
  expect(siteIn("/nowhere/at/all", undefined)).toMatchObject({ preset: "plain", documentRoot: "/nowhere/at/all" });
});
