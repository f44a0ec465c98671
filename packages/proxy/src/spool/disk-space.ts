import { statfsSync } from "node:fs";

/** What is asked of a file system; the sizes count blocks of `bsize` bytes (statfs(2)). */
export interface FileSystemStats {
  readonly bsize: number;
  readonly blocks: number;
  /** Free for users other than root. */
  readonly bavail: number;
}

/** How {@link DiskSpace} looks; everything is for tests. */
export interface DiskSpaceOptions {
  readonly statfs?: (folder: string) => FileSystemStats;
  /** A monotonic clock in ms. */
  readonly clock?: () => number;
}

/** The part of a disk that bodies never take: logs, databases and whoever wants to clean up need it. */
const RESERVED = 0.1;

/** Milliseconds that a look is good for; what we write meanwhile is counted. */
const FRESH = 1_000;

/** How much may still be written to the disk of a folder. */
export class DiskSpace {
  readonly #folder: string;
  readonly #statfs: (folder: string) => FileSystemStats;
  readonly #clock: () => number;
  #looked = -Infinity;
  #left = 0;

  constructor(folder: string, options: DiskSpaceOptions = {}) {
    this.#folder = folder;
    this.#statfs = options.statfs ?? ((path) => statfsSync(path));
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** Takes so many bytes, if a tenth of the disk stays free then. */
  take(bytes: number): boolean {
    this.#look();
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  #look(): void {
    const now = this.#clock();
    if (now - this.#looked < FRESH) return;
    this.#looked = now;
    const { bsize, blocks, bavail } = this.#statfs(this.#folder);
    // Some file systems count nothing; there the writes themselves fail when it is full.
    this.#left = blocks === 0 ? Infinity : (bavail - blocks * RESERVED) * bsize;
  }
}
