import { execFileSync } from "node:child_process";

import { onTestFinished, type TestContext } from "vitest";

import { isRoot, needs } from "./needs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A file system of so many bytes, which is soon full; unmounted when the test ends. */
export function fullDisk(context: TestContext, bytes: number): string {
  needs(context, "root, to mount a small file system", isRoot);
  const folder = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=0755`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    // Root in a container may not.
    context.skip("may not mount");
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return folder;
}
