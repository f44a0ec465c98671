import { realpath, stat } from "node:fs";
import { resolve } from "node:path";

import { ownText } from "../own-text.ts";

/**
 * What a path of the document root is. A regular file that a link leads out of the root to is `"linked"` when it lies in a folder that
 * links may lead into, else nothing.
 */
export type FileKind = "file" | "linked" | "folder" | "none";

/** How long an answer holds. */
const TTL = 1_000;
/** From this age on it is looked at again, while the answer still holds: who asks all the time need not wait for the disk. */
const RENEW = 500;
const CACHE_SIZE = 4_096;

/** A file that was there. */
interface KnownFile {
  /** By `performance.now()`. */
  readonly until: number;
  /** It is being looked at again. */
  renewing: boolean;
}

/**
 * A document root on this machine. Only regular files are files, wherever links lead they must end up under the root's own real
 * path, and only that a file is there is remembered, for a second: a new file is seen at once, and a deployment that switches a
 * link too.
 */
export class RootFolder {
  /** As configured, absolute, without slash at the end; empty for `/`. Latin-1: one character a byte. */
  readonly bytes: string;
  readonly #root: string;
  readonly #links: readonly RealFolder[];
  readonly #files = new Map<string, KnownFile>();
  readonly #real: RealFolder;

  /** @param links folders outside of the root that its links may lead into */
  constructor(root: string, links: readonly string[] = []) {
    const absolute = resolve(root);
    this.#root = absolute === "/" ? "" : absolute;
    this.#real = new RealFolder(absolute);
    this.#links = links.map((folder) => new RealFolder(folder));
    this.bytes = Buffer.from(this.#root, "utf8").toString("latin1");
  }

  /**
   * Looks a path up; the answer comes at once when it is remembered.
   *
   * @param path decoded and clean, latin-1
   */
  lookup(path: string, found: (kind: FileKind) => void): void {
    const known = this.#files.get(path);
    const left = known === undefined ? 0 : known.until - performance.now();
    if (known === undefined || left <= 0) this.#look(path, found);
    else {
      if (left <= TTL - RENEW && !known.renewing) {
        known.renewing = true;
        this.#look(path, (kind) => {
          if (kind !== "file" && this.#files.get(path) === known) this.#files.delete(path);
        });
      }
      found("file");
    }
  }

  #look(path: string, found: (kind: FileKind) => void): void {
    const file = this.#file(path);
    stat(file, (error, stats) => {
      // Names that are too long, loops, folders that may not be entered: all of it is not there for a client.
      if (error !== null) found("none");
      else if (stats.isDirectory()) found("folder");
      else if (!stats.isFile()) found("none");
      else this.#checkReal(path, file, found);
    });
  }

  /** Where it really is, as it was at the last look; latin-1, empty for `/`; undefined before the first, or when it is not there. */
  get real(): string | undefined {
    return this.#real.path;
  }

  /** Is this the real path of something that may be served? Latin-1. To be asked after a {@link RootFolder.lookup} only. */
  contains(real: string): boolean {
    return this.#real.contains(real) || this.#links.some((folder) => folder.contains(real));
  }

  #checkReal(path: string, file: string | Buffer, found: (kind: FileKind) => void): void {
    realpath.native(file, "latin1", (error, real) => {
      if (error !== null) {
        found("none");
        return;
      }
      this.#real.refresh(() => {
        if (!this.#real.contains(real)) this.#checkLinks(real, found);
        else {
          if (this.#files.size >= CACHE_SIZE) this.#files.clear();
          this.#files.set(ownText(path), { until: performance.now() + TTL, renewing: false });
          found("file");
        }
      });
    });
  }

  #checkLinks(real: string, found: (kind: FileKind) => void, position = 0): void {
    const folder = this.#links[position];
    if (folder === undefined) found("none");
    else
      folder.refresh(() => {
        if (folder.contains(real)) found("linked");
        else this.#checkLinks(real, found, position + 1);
      });
  }

  /** A path is bytes; as text it would be UTF-8, so that is right for ASCII only. */
  #file(path: string): string | Buffer {
    // oxlint-disable-next-line no-control-regex -- all of ASCII
    if (/^[\0-\x7f]*$/.test(path)) return this.#root + path;
    return Buffer.concat([Buffer.from(this.#root, "utf8"), Buffer.from(path, "latin1")]);
  }
}

/** Where a folder really is, looked at once a second: a deployment may switch a link. */
class RealFolder {
  readonly #folder: string;
  /** Without the folder nothing is in it: no path begins with NUL. */
  #real = "\0";
  #until = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get path(): string | undefined {
    return this.#real === "\0" ? undefined : this.#real;
  }

  refresh(then: () => void): void {
    if (this.#until > performance.now()) {
      then();
      return;
    }
    realpath.native(this.#folder, "latin1", (error, real) => {
      if (error !== null) this.#real = "\0";
      else {
        this.#real = real === "/" ? "" : real;
        this.#until = performance.now() + TTL;
      }
      then();
    });
  }

  /** As it was at the last {@link RealFolder.refresh}. */
  contains(real: string): boolean {
    return real.startsWith(`${this.#real}/`);
  }
}
