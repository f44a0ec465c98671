import { ownText } from "../own-text.ts";
import { type PathTest, compilePathPattern } from "./path-pattern.ts";
import { plainSegment, toLowerAscii } from "./plain-segment.ts";

/** Answers that are remembered, since most requests are for few paths, and the longest path that is worth it. */
const CACHE = { size: 1_024, path: 256 } as const;

/**
 * Paths that nobody gets. Compared as a file system that does not care would read them: without regard to case, and without what it
 * may ignore at the end of a name (dots, spaces, `::$DATA`). `/below/*` is the folder `/below` too.
 */
export class DenyList {
  readonly #patterns: readonly { readonly pattern: string; readonly test: PathTest }[];
  /** Null: the path is free. */
  readonly #cache = new Map<string, string | null>();

  readonly #mount: string;

  /**
   * @param patterns as in `MatchConfig.path`
   * @param mount where the route lies: a pattern may be written with it or without
   */
  constructor(patterns: readonly string[], mount = "") {
    this.#mount = toLowerAscii(mount);
    this.#patterns = patterns.map((pattern) => ({ pattern, test: compilePathPattern(toLowerAscii(pattern)) }));
  }

  /**
   * The first pattern that denies a path, as it was written; undefined: it is free.
   *
   * @param path decoded and clean, latin-1; of a script without what follows it
   */
  find(path: string): string | undefined {
    const known = this.#cache.get(path);
    if (known !== undefined) return known ?? undefined;
    const plain = path.split("/").map(plainSegment).join("/");
    const full = this.#mount + plain;
    const found = this.#patterns.find(
      ({ test }) => test(plain) || test(`${plain}/`) || (this.#mount !== "" && (test(full) || test(`${full}/`))),
    )?.pattern;
    if (path.length <= CACHE.path) {
      if (this.#cache.size >= CACHE.size) this.#cache.clear();
      this.#cache.set(ownText(path), found ?? null);
    }
    return found;
  }
}
