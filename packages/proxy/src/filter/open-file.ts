import { close, constants, fstat, open, read, readlink, type BigIntStats } from "node:fs";

import type { RootFolder } from "../routing/root-folder.ts";

/** A file as it was when it was opened. */
export interface OpenFile {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
  /** Last change of its content, nanoseconds since 1970. */
  readonly changed: bigint;
}

// A FIFO, which a path may have become since it was looked at, would hold us up until somebody writes into it.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file that {@link RootFolder.lookup} has found, and looks again at what was opened: a link may have been changed in between.
 *
 * @param path relative to the root, latin-1
 * @param opened once; undefined when it is not there any more, may not be read, or is not what it was
 */
export function openFile(folder: RootFolder, path: string, opened: (file: OpenFile | undefined) => void): void {
  open(Buffer.from(folder.bytes + path, "latin1"), FLAGS, (error, fd) => {
    if (error !== null) {
      opened(undefined);
      return;
    }
    const refuse = (): void => {
      close(fd);
      opened(undefined);
    };
    fstat(fd, { bigint: true }, (failed, stats) => {
      if (failed !== null || !stats.isFile() || stats.size > BigInt(Number.MAX_SAFE_INTEGER)) refuse();
      else if (process.platform !== "linux") opened(describe(fd, stats));
      else {
        readlink(`/proc/self/fd/${fd}`, "latin1", (unread, real) => {
          if (unread !== null || !folder.contains(real)) refuse();
          else opened(describe(fd, stats));
        });
      }
    });
  });
}

function describe(fd: number, stats: BigIntStats): OpenFile {
  return { fd, size: Number(stats.size), changed: stats.mtimeNs };
}

/** Reads a small file whole, and closes it. @param done undefined: it became shorter, or cannot be read */
export function readWhole(file: OpenFile, done: (bytes: Uint8Array | undefined) => void): void {
  const bytes = Buffer.allocUnsafeSlow(file.size);
  const end = (result: Uint8Array | undefined): void => {
    close(file.fd);
    done(result);
  };
  const go = (at: number): void => {
    if (at === file.size) {
      end(bytes);
      return;
    }
    read(file.fd, bytes, at, file.size - at, at, (error, got) => {
      if (error !== null || got === 0) end(undefined);
      else go(at + got);
    });
  };
  go(0);
}
