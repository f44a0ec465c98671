import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findAccount } from "../../src/processes/account.ts";
import { identify } from "../../src/processes/process-identity.ts";
import { RunFolder, prepareBase, runFolderBase } from "../../src/processes/run-folder.ts";
import { readRecord } from "../../src/processes/run-record.ts";
import { isRoot, needs } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("[TJ12] the base of all run folders", () => {
  test("is the service manager's, root's, the session's, or in the temporary folder", () => {
    const session = temporaryFolder();
    expect(runFolderBase({ RUNTIME_DIRECTORY: "/run/site:/run/other", XDG_RUNTIME_DIR: session })).toBe("/run/site");
    const others = [
      { RUNTIME_DIRECTORY: "relative", XDG_RUNTIME_DIR: session },
      { XDG_RUNTIME_DIR: "/no/such/folder" },
      {},
    ];
    const own = `${tmpdir()}/x-proxy-${process.getuid?.()}`;
    const expected = isRoot ? ["/run/x-proxy", "/run/x-proxy", "/run/x-proxy"] : [`${session}/x-proxy`, own, own];
    expect(others.map((environment) => runFolderBase(environment))).toEqual(expected);
  });

  test("is ours alone, or root's and open for passing through", () => {
    const base = join(temporaryFolder(), "base");
    prepareBase(base);
    expect(mode(base)).toBe(isRoot ? "755" : "700");
    expect(() => prepareBase(base)).not.toThrow();
  });

  test("is refused when others could put something into it", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    expect(() => prepareBase(folder)).toThrow("can be written by other users");
    writeFileSync(join(folder, "file"), "");
    expect(() => prepareBase(join(folder, "file"))).toThrow(/is no folder|cannot be made/);
    mkdirSync(join(folder, "real"), { mode: 0o700 });
    symlinkSync(join(folder, "real"), join(folder, "link"));
    expect(() => prepareBase(join(folder, "link"))).toThrow("is no folder");
  });

  test("is refused when it belongs to another user", (context) => {
    needs(context, "root", isRoot);
    const base = join(temporaryFolder(), "base");
    const folder = new RunFolder(base);
    const theirs = folder.addFolder("php", findAccount("nobody"), {});
    expect(() => prepareBase(theirs)).toThrow(
      "belongs to another user: remove it or give it back to the user that starts this program.",
    );
  });
});

test("a process gets a folder of its own, with its files in it", (context) => {
  needs(context, "root", isRoot);
  const nobody = findAccount("nobody");
  const run = new RunFolder(join(temporaryFolder(), "base"));
  const folder = run.addFolder(run.nameFor("php"), nobody, { "php-fpm.conf": "[global]\n" });
  expect(folder).toBe(join(run.path, "php"));
  expect(mode(run.path)).toBe("711");
  expect(mode(folder)).toBe("700");
  expect(statSync(folder).uid).toBe(nobody?.uid);
  expect(readFileSync(join(folder, "php-fpm.conf"), "utf8")).toBe("[global]\n");
  expect(mode(join(folder, "php-fpm.conf"))).toBe("600");
  writeFileSync(join(folder, "left.sock"), "");
  run.remove();
  expect(existsSync(run.path)).toBe(false);
});

test("names that are no file names get others", () => {
  const run = new RunFolder(join(temporaryFolder(), "base"));
  expect(run.nameFor("php")).toBe("php");
  expect(run.nameFor("../up")).toBe("process.1");
  expect(run.nameFor("n".repeat(40))).toBe("process.2");
  expect(run.nameFor("../up")).toBe("process.1");
});

test("[TJ10] the record names processes by number and start time", () => {
  const run = new RunFolder(join(temporaryFolder(), "base"));
  const me = identify(process.pid);
  expect(readRecord(run.path)).toMatchObject({ owner: me, processes: [] });
  run.record("php", { pid: 4_711, start: "99" });
  run.record("node", { pid: 4_712, start: "100" });
  run.record("php", undefined);
  expect(readRecord(run.path)?.processes).toEqual([{ pid: 4_712, start: "100" }]);
  run.remove();
  // A folder that is gone takes no records and is no reason to fail.
  run.record("php", { pid: 4_711, start: "99" });
  expect(existsSync(run.path)).toBe(false);
});

test("[TJ10] a record that makes no sense is none", () => {
  const folder = temporaryFolder();
  const write = (text: string): unknown => {
    writeFileSync(join(folder, "processes.json"), text);
    return readRecord(folder);
  };
  const owner = { pid: 7, start: "1" };
  expect(write(JSON.stringify({ boot: "b", owner, processes: [owner] }))).toBeDefined();
  expect(write("")).toBeUndefined();
  expect(write("null")).toBeUndefined();
  expect(write(JSON.stringify({ boot: "b", owner }))).toBeUndefined();
  for (const pid of [1, 0, -1, -4_711, 1.5, "7"]) {
    expect(write(JSON.stringify({ boot: "b", owner, processes: [{ pid, start: "1" }] }))).toBeUndefined();
  }
});
