import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import { CachedFile } from "../../src/handlers/cached-file.ts";
import { RootFolder } from "../../src/routing/root-folder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let base: string;
let root: string;
let folder: RootFolder;

/** By then a file that was just made has been left alone for long enough. */
const later = (): number => Date.now() + 60_000;

beforeEach(async () => {
  base = temporaryFolder();
  root = join(base, "root");
  mkdirSync(root);
  put("a.txt", "hello");
  folder = new RootFolder(root);
  await new Promise((resolve) => folder.lookup("/a.txt", resolve));
});

function put(name: string, text: string): void {
  writeFileSync(join(root, name), text);
  utimesSync(join(root, name), 1_700_000_000, 1_700_000_000);
}

/** The kernel's clock of files goes on in steps, which is why a file that has just been changed is not held. */
function rewrite(): void {
  const changed = (): bigint => statSync(join(root, "a.txt"), { bigint: true }).ctimeNs;
  const before = changed();
  do put("a.txt", "HELLO");
  while (changed() === before);
}

function load(path = "/a.txt", now = later(), during?: () => void): Promise<CachedFile | undefined> {
  const headers = (): Promise<string[]> => {
    during?.();
    return Promise.resolve(["X-Name", "value"]);
  };
  return CachedFile.load(folder, path, 100, headers, now);
}

function check(file: CachedFile | undefined): Promise<boolean> {
  return new Promise((resolve) => (file === undefined ? resolve(false) : file.check(resolve)));
}

test("has the bytes and the headers, and stays good while nothing happens", async () => {
  const file = await load();
  expect(file).toMatchObject({ size: 5, rawHeaders: ["X-Name", "value"] });
  expect(Buffer.from(file?.bytes ?? []).toString()).toBe("hello");
  readFileSync(join(root, "a.txt"));
  expect(await check(file)).toBe(true);
  put("other.txt", "x");
  expect(await check(file)).toBe(true);
});

test("names are bytes", async () => {
  const name = Buffer.from("/k\xe4se.txt", "latin1");
  writeFileSync(Buffer.concat([Buffer.from(root), name]), "cheese");
  const file = await load("/k\xe4se.txt");
  expect(file?.size).toBe(6);
  expect(await check(file)).toBe(true);
});

test.each<[string, () => void]>([
  ["written anew, of the same size and the same time", rewrite],
  ["made longer", () => put("a.txt", "hello!")],
  ["truncated", () => truncateSync(join(root, "a.txt"), 4)],
  ["touched", () => utimesSync(join(root, "a.txt"), 1_700_000_001, 1_700_000_001)],
  ["removed", () => rmSync(join(root, "a.txt"))],
  [
    "replaced by another of the same size and the same time",
    () => {
      put("b.txt", "HELLO");
      renameSync(join(root, "b.txt"), join(root, "a.txt"));
    },
  ],
  [
    "replaced by a link to another",
    () => {
      put("b.txt", "HELLO");
      rmSync(join(root, "a.txt"));
      symlinkSync("b.txt", join(root, "a.txt"));
    },
  ],
  [
    "replaced by a folder",
    () => {
      rmSync(join(root, "a.txt"));
      mkdirSync(join(root, "a.txt"));
    },
  ],
  ["gone with its folder", () => rmSync(root, { recursive: true })],
  [
    "in a folder that is a file now",
    () => {
      rmSync(root, { recursive: true });
      writeFileSync(root, "");
    },
  ],
])("is not good any more when it was %s", async (_title, change) => {
  const file = await load();
  expect(await check(file)).toBe(true);
  change();
  expect(await check(file)).toBe(false);
});

test("is not held when it has just been changed, is too large, or is none", async () => {
  expect(await load("/a.txt", Date.now())).toBeUndefined();
  put("large.txt", "x".repeat(101));
  expect(await load("/large.txt")).toBeUndefined();
  expect(await load("/absent.txt")).toBeUndefined();
  mkdirSync(join(root, "folder"));
  expect(await load("/folder")).toBeUndefined();
  execFileSync("mkfifo", [join(root, "fifo")]);
  expect(await load("/fifo")).toBeUndefined();
});

test.runIf(process.platform === "linux")("[TD10] is not held from outside of the root", async () => {
  writeFileSync(join(base, "secret.txt"), "secret");
  symlinkSync(join(base, "secret.txt"), join(root, "link.txt"));
  expect(await load("/link.txt")).toBeUndefined();
});

test("is not held when it changes while it is read", async () => {
  const replace = (): void => {
    put("b.txt", "HELLO");
    renameSync(join(root, "b.txt"), join(root, "a.txt"));
  };
  expect(await load("/a.txt", later(), replace)).toBeUndefined();
  expect(await load("/a.txt", later(), () => truncateSync(join(root, "a.txt"), 1))).toBeUndefined();
});
