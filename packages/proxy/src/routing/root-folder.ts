import { realpath, stat } from "node:fs";
import { resolve } from "node:path";

/** What a path of the document root is; a regular file that a link leads out of the root to is nothing. */
export type FileKind = "file" | "folder" | "none";

/** How long an answer holds: a script that is asked for all the time is looked at once a second. */
const TTL = 1_000;
const CACHE_SIZE = 4_096;

/**
 * A document root on this machine. Only regular files are files, wherever links lead they must end up under the root's own real
 * path, and only that a file is there is remembered, for a second: a new file is seen at once, and a deployment that switches a
 * link too.
 */
export class RootFolder {
  /** As configured, absolute, without slash at the end; empty for `/`. Latin-1: one character a byte. */
  readonly bytes: string;
  readonly #root: string;
  readonly #files = new Map<string, number>();
  #real = "";
  #realUntil = 0;

  constructor(root: string) {
    const absolute = resolve(root);
    this.#root = absolute === "/" ? "" : absolute;
    this.bytes = Buffer.from(this.#root, "utf8").toString("latin1");
  }

  /**
   * Looks a path up; the answer comes at once when it is remembered.
   *
   * @param path decoded and clean, latin-1
   */
  lookup(path: string, found: (kind: FileKind) => void): void {
    const until = this.#files.get(path);
    if (until !== undefined && until > performance.now()) {
      found("file");
      return;
    }
    const file = this.#file(path);
    stat(file, (error, stats) => {
      // Names that are too long, loops, folders that may not be entered: all of it is not there for a client.
      if (error !== null) found("none");
      else if (stats.isDirectory()) found("folder");
      else if (!stats.isFile()) found("none");
      else this.#checkReal(path, file, found);
    });
  }

  /** Is this the real path of something under the root? Both latin-1. To be asked after a {@link RootFolder.lookup} only. */
  contains(real: string): boolean {
    return real.startsWith(`${this.#real}/`);
  }

  #checkReal(path: string, file: string | Buffer, found: (kind: FileKind) => void): void {
    realpath.native(file, "latin1", (error, real) => {
      if (error !== null) {
        found("none");
        return;
      }
      this.#withRealRoot(() => {
        if (!this.contains(real)) {
          found("none");
          return;
        }
        if (this.#files.size >= CACHE_SIZE) this.#files.clear();
        this.#files.set(path, performance.now() + TTL);
        found("file");
      });
    });
  }

  #withRealRoot(then: () => void): void {
    if (this.#realUntil > performance.now()) {
      then();
      return;
    }
    realpath.native(this.#root === "" ? "/" : this.#root, "latin1", (error, real) => {
      // Without a root nothing is in it: no path begins with NUL.
      if (error !== null) this.#real = "\0";
      else {
        this.#real = real === "/" ? "" : real;
        this.#realUntil = performance.now() + TTL;
      }
      then();
    });
  }

  /** A path is bytes; as text it would be UTF-8, so that is right for ASCII only. */
  #file(path: string): string | Buffer {
    // oxlint-disable-next-line no-control-regex -- all of ASCII
    if (/^[\0-\x7f]*$/.test(path)) return this.#root + path;
    return Buffer.concat([Buffer.from(this.#root, "utf8"), Buffer.from(path, "latin1")]);
  }
}
