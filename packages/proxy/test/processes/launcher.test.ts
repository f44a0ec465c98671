import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { findProgram, launchCommand } from "../../src/processes/launcher.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ada = { name: "ada", uid: 1001, gid: 100, home: "/home/ada", listed: true };

test("[TJ09] [f32] with setpriv, the program gets a signal when we die, and all groups of its user", () => {
  expect(launchCommand(["php-fpm", "-F"], ada, "/usr/bin/setpriv")).toEqual({
    file: "/usr/bin/setpriv",
    args: ["--pdeathsig", "TERM", "--reuid", "1001", "--regid", "100", "--init-groups", "--", "php-fpm", "-F"],
  });
});

test("[TJ11] a user without an entry keeps none of our groups", () => {
  const { args } = launchCommand(["app"], { ...ada, listed: false }, "setpriv");
  expect(args).toContain("--clear-groups");
  expect(args).not.toContain("--init-groups");
});

test("without setpriv, Node changes the user", () => {
  expect(launchCommand(["app", "-x"], ada, undefined)).toEqual({ file: "app", args: ["-x"], uid: 1001, gid: 100 });
  expect(launchCommand(["app"], undefined, undefined)).toEqual({ file: "app", args: [] });
});

test("[TJ08] arguments are passed as they are, with no shell in between", () => {
  const { args } = launchCommand(["app", "$(id)", "a b", "--", ";"], undefined, "setpriv");
  expect(args.slice(-5)).toEqual(["app", "$(id)", "a b", "--", ";"]);
});

test("a program is an executable file, not a folder and not just any file", () => {
  const folder = temporaryFolder();
  for (const name of ["one", "two", "three"]) mkdirSync(join(folder, name));
  mkdirSync(join(folder, "one", "tool"));
  writeFileSync(join(folder, "two", "tool"), "");
  writeFileSync(join(folder, "three", "tool"), "#!/bin/sh\n");
  chmodSync(join(folder, "three", "tool"), 0o755);
  const folders = ["", ...["one", "two", "three"].map((name) => join(folder, name))];
  expect(findProgram("tool", folders)).toBe(join(folder, "three", "tool"));
  expect(findProgram("other", folders)).toBeUndefined();
});
