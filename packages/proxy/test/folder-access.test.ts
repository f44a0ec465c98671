import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { folderFault } from "../src/folder-access.ts";
import { findAccount } from "../src/processes/account.ts";
import { isRoot } from "./support/needs.ts";
import { stagedNode } from "./support/staged-node.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

test("a folder, none, and a file", () => {
  const folder = temporaryFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(folderFault(folder)).toBeUndefined();
  expect(folderFault(join(folder, "none"))).toBe("does not exist");
  expect(folderFault(file)).toBe("is no folder");
});

test("a folder that is closed to the user, and one in it: a sentence, no error of the system's", () => {
  const folder = temporaryFolder();
  copyFileSync(new URL("../src/folder-access.ts", import.meta.url), join(folder, "folder-access.ts"));
  const closed = join(folder, "closed");
  mkdirSync(join(closed, "site"), { recursive: true });
  const script = `import { folderFault } from "./folder-access.ts";
    console.log(JSON.stringify(process.argv.slice(1).map(folderFault)));`;
  // Root may enter every folder: the question is asked as somebody else.
  const nobody = isRoot ? findAccount("nobody") : undefined;
  const args = ["--input-type=module", "--eval", script, closed, join(closed, "site")];
  chmodSync(closed, 0o000);
  try {
    const answer = execFileSync(stagedNode(folder), args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      ...(nobody && { uid: nobody.uid, gid: nobody.gid }),
    });
    expect(JSON.parse(answer)).toEqual([
      "may not be entered by this user",
      "lies in a folder that this user may not enter",
    ]);
  } finally {
    chmodSync(closed, 0o755);
  }
});
