import { tmpdir } from "node:os";

import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedSpool } from "../config/resolved-config.ts";
import { Blocks } from "./blocks.ts";
import { DiskSpace, type DiskSpaceOptions } from "./disk-space.ts";
import { SpoolFile } from "./spool-file.ts";
import { makeSpoolFolder, removeSpoolFolder } from "./spool-folder.ts";

/** Whose bytes they are. */
export type SpoolPurpose = "request" | "response";

/** Why bytes cannot be put into a file. A value, not an `Error`: it is an everyday answer. */
export interface SpoolProblem {
  /** What an administrator reads. */
  readonly reason: string;
}

/** What a spool is doing, in files and bytes. */
export interface SpoolStats {
  /** Files that are open. */
  readonly files: number;
  /** Disk space that they take. */
  readonly bytes: number;
  /** The most that `bytes` has been. */
  readonly peakBytes: number;
  /** Files ever opened. */
  readonly opened: number;
  /** Bodies that found no room: uploads that were answered 503, responses whose application had to wait for the client. */
  readonly refused: number;
  /** `limits.spool.quota`. */
  readonly quota: number;
}

/** For tests. */
export interface SpoolOptions extends DiskSpaceOptions {
  readonly blocks?: Blocks;
}

/**
 * What of the quota responses may take. Clients that are slow to read could otherwise fill it, and then nobody could upload; for a
 * response a full spool only means that the application has to wait.
 */
const RESPONSE_SHARE = 0.5;

/** Where bodies wait that are too large for memory: the files of one gateway, within their quota and the limits of the disk. */
export class Spool {
  readonly blocks: Blocks;
  readonly #configured: boolean;
  readonly #parent: string;
  readonly #quota: number;
  readonly #options: SpoolOptions;
  #folder: string | undefined;
  #disk: DiskSpace | undefined;
  #files = 0;
  #opened = 0;
  #refused = 0;
  readonly #bytes: Record<SpoolPurpose, number> = { request: 0, response: 0 };
  #peakBytes = 0;

  constructor(config: ResolvedSpool, options: SpoolOptions = {}) {
    this.#configured = config.folder !== undefined;
    this.#parent = config.folder ?? tmpdir();
    this.#quota = config.quota;
    this.#options = options;
    this.blocks = options.blocks ?? new Blocks();
  }

  /**
   * Makes sure that the configured folder can be used; the default one is made when it is needed.
   *
   * @throws FastCGIError `FCGI_ERR_CONFIG`
   */
  prepare(): void {
    if (!this.#configured) return;
    try {
      this.#prepare();
    } catch (error) {
      const message = `limits.spool.folder ${JSON.stringify(this.#parent)} cannot be used: ${(error as Error).message}.`;
      throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure", cause: error });
    }
  }

  get stats(): SpoolStats {
    return {
      files: this.#files,
      bytes: this.#used,
      peakBytes: this.#peakBytes,
      opened: this.#opened,
      refused: this.#refused,
      quota: this.#quota,
    };
  }

  /** Could a body of that size be held now? Nothing is reserved. */
  check(bytes: number, purpose: SpoolPurpose = "request"): SpoolProblem | undefined {
    return this.hasRoom(bytes, purpose) ? undefined : this.#full();
  }

  /** Is there so much left of what this purpose may take? Nothing is reserved, and the disk is not looked at. */
  hasRoom(bytes: number, purpose: SpoolPurpose): boolean {
    return this.#used + bytes <= this.#quota && this.#bytes[purpose] + bytes <= this.#share(purpose);
  }

  /** Could a request body of that size be held at all? */
  holds(bytes: number): boolean {
    return bytes <= this.#quota;
  }

  /** Takes so many bytes more of the quota and of the disk; they are given back by {@link Spool.release}. */
  reserve(bytes: number, purpose: SpoolPurpose): SpoolProblem | undefined {
    if (!this.hasRoom(bytes, purpose)) return this.#full();
    try {
      this.#prepare();
      this.#disk ??= new DiskSpace(this.#parent, this.#options);
      if (!this.#disk.take(bytes))
        return {
          reason: `Less than a tenth of the disk of ${this.#parent} is free: bodies are not stored there then.`,
        };
    } catch (error) {
      return this.problem(error as Error);
    }
    this.#bytes[purpose] += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#used);
    return undefined;
  }

  release(bytes: number, purpose: SpoolPurpose): void {
    this.#bytes[purpose] -= bytes;
  }

  /**
   * Opens a file; {@link Spool.close} takes it back.
   *
   * @throws the system's error
   */
  open(): SpoolFile {
    let file: SpoolFile;
    try {
      file = SpoolFile.open(this.#prepare());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // Something that cleans the temporary folder has removed it, or another gateway of this user that has ended.
      this.#folder = undefined;
      file = SpoolFile.open(this.#prepare());
    }
    this.#files++;
    this.#opened++;
    return file;
  }

  close(file: SpoolFile): void {
    this.#files--;
    file.close();
  }

  /** Counts a body that found no room. */
  countRefused(): void {
    this.#refused++;
  }

  /** What a failed operation means to an administrator. */
  problem(error: Error): SpoolProblem {
    return {
      reason: `A body could not be stored in ${this.#folder ?? this.#parent} (limits.spool): ${error.message}.`,
    };
  }

  /** Removes the folder. */
  end(): void {
    if (this.#folder !== undefined) removeSpoolFolder(this.#folder);
    this.#folder = undefined;
  }

  #share(purpose: SpoolPurpose): number {
    return purpose === "response" ? this.#quota * RESPONSE_SHARE : this.#quota;
  }

  get #used(): number {
    return this.#bytes.request + this.#bytes.response;
  }

  #prepare(): string {
    this.#folder ??= makeSpoolFolder(this.#parent);
    return this.#folder;
  }

  #full(): SpoolProblem {
    return { reason: `The bodies that wait fill limits.spool.quota (${this.#quota} bytes for all of them).` };
  }
}
