import { type BigIntStats, type StatsFs, constants, stat, statSync } from "node:fs";
import { type FileHandle, open, readlink, statfs, stat as statPath } from "node:fs/promises";

import type { RootFolder } from "../routing/root-folder.ts";

/**
 * Milliseconds that a file must have been left alone before it is held: file systems count changes in up to two seconds, so that what
 * changes twice in that time looks the same.
 */
const SETTLED = 2_000n;

// A FIFO, which a path may have become since it was looked at, would hold us up until somebody writes into it.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** File systems that answer from memory or from a disk of this machine, by the magic numbers of Linux (`statfs(2)`). */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0x73717368, // SquashFS
]);

/** A small file in memory: its bytes, and all that stat(2) tells one state of it from another by. */
export class CachedFile {
  /** Not to be changed. */
  readonly bytes: Uint8Array;
  /** Names and values in turn: of a response with all of it. */
  readonly rawHeaders: readonly string[];
  readonly #path: string | Buffer;
  readonly #stats: BigIntStats;
  /** A look at it waits for nobody. */
  readonly #local: boolean;

  private constructor(
    path: string | Buffer,
    stats: BigIntStats,
    { bytes, rawHeaders, local }: { bytes: Uint8Array; rawHeaders: readonly string[]; local: boolean },
  ) {
    this.#path = path;
    this.#stats = stats;
    this.bytes = bytes;
    this.rawHeaders = rawHeaders;
    this.#local = local;
  }

  /** Bytes. */
  get size(): number {
    return this.bytes.length;
  }

  /**
   * Reads a file that {@link RootFolder.lookup} has found.
   *
   * @param path relative to the root, latin-1
   * @param limit bytes that it may have
   * @param headersOf asked after the file was looked at for the first time and before it is for the last
   * @param now milliseconds since 1970
   * @returns undefined when it is not there any more, may not be read, is too large, or has just been changed
   */
  static async load(
    folder: RootFolder,
    path: string,
    limit: number,
    headersOf: () => Promise<readonly string[] | undefined>,
    now: number = Date.now(),
  ): Promise<CachedFile | undefined> {
    const file = Buffer.from(folder.bytes + path, "latin1");
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, FLAGS);
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile() || stats.size > limit || BigInt(now) - stats.ctimeMs < SETTLED) return undefined;
      if (process.platform === "linux" && !folder.contains(await readlink(`/proc/self/fd/${handle.fd}`, "latin1")))
        return undefined;
      const rawHeaders = await headersOf();
      const bytes = await readWhole(handle, Number(stats.size));
      if (rawHeaders === undefined || bytes === undefined) return undefined;
      const local = process.platform === "linux" && isLocal(await statfs(file));
      // What was read, what the headers were made of, and what stands at the path are one and the same.
      if (!isSame(stats, await handle.stat({ bigint: true }))) return undefined;
      if (!isSame(stats, await statPath(file, { bigint: true }))) return undefined;
      // oxlint-disable-next-line no-control-regex -- all of ASCII: other bytes would be written as UTF-8
      const name = /^[\0-\x7f]*$/.test(path) ? file.toString() : file;
      return new CachedFile(name, stats, { bytes, rawHeaders, local });
    } catch {
      return undefined;
    } finally {
      await handle?.close().catch(() => undefined);
    }
  }

  /** Looks whether it still is what stands at its path; the answer comes at once unless the disk may be slow, on another machine for example. */
  check(then: (same: boolean) => void): void {
    if (this.#local) {
      const now = statsOf(this.#path);
      then(now !== undefined && isSame(this.#stats, now));
      return;
    }
    stat(this.#path, { bigint: true }, (error, now) => then(error === null && isSame(this.#stats, now)));
  }
}

function statsOf(path: string | Buffer): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A folder on the way became a file, a loop, or closed.
    return undefined;
  }
}

function isLocal({ type }: StatsFs): boolean {
  // The kernel's number is a signed one on some machines.
  return LOCAL.has(type >>> 0);
}

function isSame(before: BigIntStats, now: BigIntStats | undefined): boolean {
  return (
    now !== undefined &&
    now.ino === before.ino &&
    now.size === before.size &&
    now.mtimeNs === before.mtimeNs &&
    now.ctimeNs === before.ctimeNs &&
    now.dev === before.dev &&
    now.isFile()
  );
}

async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array | undefined> {
  // A buffer of its own: a part of Node's pool would keep the rest of it.
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return bytes;
}
