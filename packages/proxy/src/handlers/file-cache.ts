import type { CachedFile } from "./cached-file.ts";

/** How much a {@link FileCache} holds. */
export interface FileCacheLimits {
  /** Files. */
  readonly entries: number;
  /** Bytes of all of them together. */
  readonly bytes: number;
  /** Bytes of one. */
  readonly fileBytes: number;
}

/** What a cache of files holds. */
export interface FileCacheStats {
  /** Files that are held. */
  readonly files: number;
  /** Bytes of all of them together. */
  readonly bytes: number;
  /** Requests that were answered from memory. */
  readonly hits: number;
}

/** A file that was asked for, in the order in which they were asked for last. */
class Entry {
  readonly shelf: Shelf;
  readonly path: string;
  /** Undefined until it was asked for twice: what is asked for once is not worth its room. */
  file: CachedFile | undefined;
  loading = false;
  newer: Entry | undefined;
  older: Entry | undefined;

  constructor(shelf: Shelf, path: string) {
    this.shelf = shelf;
    this.path = path;
  }
}

/** The small files that were asked for twice and last, for all routes of a gateway (nginx `open_file_cache`, with the content). */
export class FileCache {
  readonly limits: FileCacheLimits;
  /** Those that were asked for once among them. */
  #count = 0;
  #files = 0;
  #bytes = 0;
  #hits = 0;
  #newest: Entry | undefined;
  #oldest: Entry | undefined;

  constructor(limits: FileCacheLimits) {
    this.limits = limits;
  }

  get stats(): FileCacheStats {
    return { files: this.#files, bytes: this.#bytes, hits: this.#hits };
  }

  /** A part of it for one handler, whose options decide about headers. */
  shelf(): Shelf {
    return new Shelf(this);
  }

  /** @internal */
  add(entry: Entry): void {
    this.#count++;
    this.#first(entry);
    this.#shrink();
  }

  /** @internal It was asked for. */
  touch(entry: Entry): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#first(entry);
  }

  /** @internal */
  hit(): void {
    this.#hits++;
  }

  /** @internal */
  remove(entry: Entry): void {
    this.#count--;
    if (entry.file !== undefined) {
      this.#files--;
      this.#bytes -= entry.file.size;
    }
    this.#unlink(entry);
    entry.shelf.forget(entry);
  }

  /** @internal */
  fill(entry: Entry, file: CachedFile): void {
    entry.file = file;
    this.#files++;
    this.#bytes += file.size;
    this.#shrink();
  }

  #shrink(): void {
    while (this.#oldest !== undefined && (this.#count > this.limits.entries || this.#bytes > this.limits.bytes))
      this.remove(this.#oldest);
  }

  #first(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ newer, older }: Entry): void {
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
  }
}

/** The files of one handler, by their paths. */
export class Shelf {
  readonly #cache: FileCache;
  readonly #entries = new Map<string, Entry>();

  constructor(cache: FileCache) {
    this.#cache = cache;
  }

  /** What is held for a path; whoever takes it must look whether it is still so. */
  get(path: string): CachedFile | undefined {
    const entry = this.#entries.get(path);
    if (entry?.file === undefined) return undefined;
    this.#cache.touch(entry);
    return entry.file;
  }

  /** What is held for a path was sent. */
  hit(): void {
    this.#cache.hit();
  }

  /** What is held for a path is not so any more. */
  drop(path: string, file: CachedFile): void {
    const entry = this.#entries.get(path);
    if (entry?.file === file) this.#cache.remove(entry);
  }

  /**
   * A file was served that is not held: the second time it is loaded.
   *
   * @param size bytes
   * @param load gives undefined when it cannot be held now
   */
  served(path: string, size: number, load: () => Promise<CachedFile | undefined>): void {
    const { entries, bytes, fileBytes } = this.#cache.limits;
    if (size > fileBytes || size > bytes || entries === 0) return;
    const entry = this.#entries.get(path);
    if (entry === undefined) {
      const added = new Entry(this, path);
      this.#entries.set(path, added);
      this.#cache.add(added);
      return;
    }
    this.#cache.touch(entry);
    if (entry.loading || entry.file !== undefined) return;
    entry.loading = true;
    void load().then((file) => this.#loaded(entry, file));
  }

  /** @internal */
  forget({ path }: Entry): void {
    this.#entries.delete(path);
  }

  #loaded(entry: Entry, file: CachedFile | undefined): void {
    entry.loading = false;
    // It may have been thrown out meanwhile.
    if (file === undefined || this.#entries.get(entry.path) !== entry) return;
    this.#cache.fill(entry, file);
  }
}
