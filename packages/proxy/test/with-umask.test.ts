import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { withUmask } from "../src/with-umask.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

test("the umask holds for what is made, and not after it", () => {
  const before = process.umask(0o022);
  onTestFinished(() => void process.umask(before));
  const file = join(temporaryFolder(), "file");
  const usual = withUmask(0o077, (usual) => {
    writeFileSync(file, "");
    return usual;
  });
  expect(usual).toBe(0o022);
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  expect(process.umask()).toBe(0o022);
});

test("nor when it could not be made", () => {
  const before = process.umask(0o022);
  onTestFinished(() => void process.umask(before));
  expect(() =>
    withUmask(0o077, () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(process.umask()).toBe(0o022);
});
