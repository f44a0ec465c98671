import {
  chmodSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { SpoolFile } from "../../src/spool/spool-file.ts";
import { Spool, type SpoolOptions } from "../../src/spool/spool.ts";
import { needs } from "../support/needs.ts";
import { eventually, openFiles } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ownName = `x-proxy-spool-${process.getuid?.() ?? 0}`;

function spoolIn(folder: string, quota = 1_000_000, options: SpoolOptions = {}): Spool {
  const spool = new Spool({ folder, quota }, options);
  onTestFinished(() => spool.end());
  return spool;
}

function write(file: SpoolFile, text: string, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    file.write(Buffer.from(text), position, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function read(file: SpoolFile, length: number, position: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  return new Promise((resolve, reject) => {
    file.read(bytes, position, (error) => (error === undefined ? resolve(bytes.toString()) : reject(error)));
  });
}

describe("a spool file", () => {
  test("[TJ06] has no name, in a folder that is ours alone", async (context) => {
    needs(context, "/proc", existsSync("/proc/self/fd"));
    const folder = temporaryFolder();
    const spool = spoolIn(folder);
    const file = spool.open();
    const own = join(folder, ownName);
    expect(lstatSync(own).mode & 0o777).toBe(0o700);
    expect(readdirSync(own)).toEqual([]);
    const [opened] = openFiles(own);
    expect(opened).toMatch(/\/[0-9a-f]{24} \(deleted\)$/);
    spool.close(file);
  });

  test("[TJ06] is its owner's alone, and no link was followed to it", (context) => {
    needs(context, "/proc", existsSync("/proc/self/fd"));
    const folder = temporaryFolder();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const file = SpoolFile.open(folder);
    const fd = readdirSync("/proc/self/fd").find((fd) => linkOf(`/proc/self/fd/${fd}`).startsWith(folder));
    expect(fstatSync(Number(fd)).mode & 0o777).toBe(0o600);
    // In octal; the kernel shows what it was opened with, but for O_CREAT and O_EXCL.
    const flags = /flags:\s+([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "";
    expect(Number.parseInt(flags, 8) & constants.O_NOFOLLOW).toBe(constants.O_NOFOLLOW);
    file.close();
  });

  test("gives back what was written, wherever it stands", async () => {
    const spool = spoolIn(temporaryFolder());
    const file = spool.open();
    await write(file, "hello", 0);
    await write(file, "world", 5);
    expect(await read(file, 8, 1)).toBe("elloworl");
    await expect(read(file, 3, 9)).rejects.toThrow("shorter");
    spool.close(file);
  });

  test("is closed only when what is under way has come back", async (context) => {
    needs(context, "/proc", existsSync("/proc/self/fd"));
    const folder = temporaryFolder();
    const spool = spoolIn(folder);
    const file = spool.open();
    const writing = write(file, "x".repeat(1_000), 0);
    const reading = read(file, 10, 0);
    spool.close(file);
    expect(openFiles(folder)).toHaveLength(1);
    await writing;
    await reading.catch(() => undefined);
    await eventually(() => openFiles(folder).length === 0);
    expect(spool.stats).toMatchObject({ files: 0, opened: 1 });
  });
});

describe("the folder of a spool", () => {
  test("is made when it is first needed, and removed at the end", async () => {
    const parent = join(temporaryFolder(), "to", "be", "made");
    const spool = spoolIn(parent);
    expect(existsSync(parent)).toBe(false);
    spool.close(spool.open());
    expect(existsSync(join(parent, ownName))).toBe(true);
    spool.end();
    expect(readdirSync(parent)).toEqual([]);
  });

  test("that is removed meanwhile is made again", async () => {
    const parent = temporaryFolder();
    const spool = spoolIn(parent);
    spool.close(spool.open());
    rmdirSync(join(parent, ownName));
    spool.close(spool.open());
    expect(spool.stats.opened).toBe(2);
  });

  test("[f62] is cleared of what a killed program has left in it", async () => {
    const parent = temporaryFolder();
    mkdirSync(join(parent, ownName), { mode: 0o700 });
    writeFileSync(join(parent, ownName, "left"), "bytes");
    const spool = spoolIn(parent);
    spool.close(spool.open());
    expect(readdirSync(join(parent, ownName))).toEqual([]);
  });

  test.each<[string, (path: string, elsewhere: string) => void]>([
    ["a link to another folder", (path, elsewhere) => symlinkSync(elsewhere, path)],
    [
      "a folder that others may read",
      (path) => {
        mkdirSync(path);
        chmodSync(path, 0o755);
      },
    ],
    ["a file", (path) => writeFileSync(path, "")],
  ])("[TJ06] %s in its place is not used", async (_title, place) => {
    const parent = temporaryFolder();
    const elsewhere = temporaryFolder();
    place(join(parent, ownName), elsewhere);
    const spool = spoolIn(parent);
    const file = spool.open();
    await write(file, "secret", 0);
    const [other] = readdirSync(parent).filter((name) => name !== ownName);
    expect(other).toMatch(/^x-proxy-spool-\w{6}$/);
    expect(lstatSync(join(parent, other ?? "")).mode & 0o777).toBe(0o700);
    expect(readdirSync(elsewhere)).toEqual([]);
    spool.close(file);
    spool.end();
    expect(readdirSync(parent)).toEqual([ownName]);
  });

  test("that cannot be made is a problem with a reason", async () => {
    const parent = join(temporaryFolder(), "file");
    writeFileSync(parent, "");
    const spool = spoolIn(parent);
    expect(spool.reserve(1, "request")?.reason).toMatch(/could not be stored in .*\/file \(limits\.spool\): /);
    expect(() => spool.open()).toThrow(/EEXIST|ENOTDIR/);
  });
});

test("a folder of the configuration that cannot be used is told at once", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(() => spoolIn(file).prepare()).toThrow(/^limits\.spool\.folder ".*\/file" cannot be used: E/);
  const folder = temporaryFolder();
  spoolIn(folder).prepare();
  expect(readdirSync(folder)).toEqual([ownName]);
  const usual = new Spool({ folder: undefined, quota: 1 });
  usual.prepare();
  expect(usual.stats.files).toBe(0);
});

describe("the room of a spool", () => {
  const disk = (free: number) => (): { bsize: number; blocks: number; bavail: number } => ({
    bsize: 4_096,
    blocks: 1_000,
    bavail: free,
  });

  test("[TI09] ends at the quota, for all bodies together", () => {
    const spool = spoolIn(temporaryFolder(), 1_000);
    expect(spool.reserve(600, "request")).toBeUndefined();
    expect(spool.reserve(401, "request")?.reason).toContain("limits.spool.quota (1000 bytes");
    expect(spool.check(400)).toBeUndefined();
    expect(spool.check(401)?.reason).toContain("limits.spool.quota");
    expect(spool.reserve(400, "request")).toBeUndefined();
    spool.release(600, "request");
    expect(spool.stats).toMatchObject({ bytes: 400, peakBytes: 1_000, quota: 1_000 });
    expect([spool.holds(1_000), spool.holds(1_001)]).toEqual([true, false]);
  });

  test("[TI03] responses leave half of it to uploads", () => {
    const spool = spoolIn(temporaryFolder(), 1_000);
    expect(spool.reserve(500, "response")).toBeUndefined();
    expect(spool.reserve(1, "response")?.reason).toContain("limits.spool.quota");
    expect(spool.reserve(500, "request")).toBeUndefined();
    spool.release(500, "response");
    expect(spool.reserve(500, "request")).toBeUndefined();
    expect(spool.reserve(1, "response")).toBeDefined();
  });

  test("[f25] ends where a tenth of the disk is left, and comes back with the disk", () => {
    let now = 0;
    let free = 110;
    const spool = spoolIn(temporaryFolder(), 1e9, { statfs: () => disk(free)(), clock: () => now });
    expect(spool.reserve(10 * 4_096, "request")).toBeUndefined();
    // Within a second nobody asks again, but what was written meanwhile counts.
    expect(spool.reserve(1, "request")?.reason).toContain("Less than a tenth");
    free = 200;
    expect(spool.reserve(1, "request")?.reason).toContain("Less than a tenth");
    now = 1_000;
    expect(spool.reserve(1, "request")).toBeUndefined();
    expect(spool.stats.bytes).toBe(10 * 4_096 + 1);
  });

  test("is not known of a file system that counts nothing: then it is tried", () => {
    const statfs = (): { bsize: number; blocks: number; bavail: number } => ({ bsize: 4_096, blocks: 0, bavail: 0 });
    expect(spoolIn(temporaryFolder(), 1e9, { statfs }).reserve(1e6, "request")).toBeUndefined();
  });

  test("cannot be asked for: a problem, not an exception", () => {
    const spool = spoolIn(temporaryFolder(), 1e9, {
      statfs: () => {
        throw new Error("EIO");
      },
    });
    expect(spool.reserve(1, "request")?.reason).toContain("EIO");
    expect(spool.stats.bytes).toBe(0);
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
