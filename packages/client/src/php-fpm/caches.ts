import { FastCGIError } from "@x/protocol/errors";

/** What OPcache holds. Sizes are bytes. */
export interface OpcacheStatus {
  /** No room for more scripts. */
  full: boolean;
  /** It is to be emptied when no request runs, or is being. */
  restarting: boolean;
  /** The memory for scripts. */
  memory: {
    /** By scripts. */
    used: number;
    /** By nothing. */
    free: number;
    /** By scripts that were replaced; given back when the cache is emptied. */
    wasted: number;
  };
  /** The memory for strings that scripts share. */
  internedStrings: {
    /** By strings. */
    used: number;
    /** By nothing. */
    free: number;
    /** Both. */
    size: number;
    /** Strings. */
    count: number;
  };
  /** Scripts in the cache. */
  cachedScripts: number;
  /** Scripts under all of their names, of at most `maxKeys`. */
  cachedKeys: number;
  /** What `opcache.max_accelerated_files` comes to. */
  maxKeys: number;
  /** Scripts that were found in the cache. */
  hits: number;
  /** Scripts that had to be compiled. */
  misses: number;
  /** Share of hits, 0 to 1. */
  hitRate: number;
  /** When the cache was made. */
  startTime: Date;
  /** When it was last emptied; undefined: never. */
  lastRestartTime: Date | undefined;
  /** How often it was emptied, and why. */
  restarts: {
    /** Its memory was full. */
    outOfMemory: number;
    /** `maxKeys` was reached. */
    outOfKeys: number;
    /** Somebody asked for it. */
    manual: number;
  };
  /** With the option `scripts`. */
  scripts: OpcacheScript[] | undefined;
}

/** A script in OPcache. */
export interface OpcacheScript {
  /** The file. */
  path: string;
  /** How often it was found in the cache. */
  hits: number;
  /** Bytes. */
  memory: number;
  /** When it ran last. */
  lastUsed: Date;
}

/** What APCu holds. Sizes are bytes. */
export interface ApcuStatus {
  /** Values in the cache. */
  entries: number;
  /** Values that were found. */
  hits: number;
  /** Values that were not. */
  misses: number;
  /** How often it was emptied since it was full. */
  expunges: number;
  /** When the cache was made. */
  startTime: Date;
  /** Its shared memory. */
  memory: {
    /** By entries. */
    used: number;
    /** In all. */
    size: number;
  };
}

/** The cache of resolved paths of one worker. */
export interface RealpathStatus {
  /** Bytes. */
  size: number;
  /** `realpath_cache_size`, as it is configured. */
  limit: string;
  /** The paths that were resolved. */
  entries: string[];
}

export function readOpcache(result: unknown): OpcacheStatus {
  const page = new Page(result);
  const memory = page.in("memory_usage");
  const strings = page.in("interned_strings_usage");
  const statistics = page.in("opcache_statistics");
  const scripts = page.optional("scripts");
  const lastRestart = statistics.number("last_restart_time");
  return {
    full: page.boolean("cache_full"),
    restarting: page.boolean("restart_pending") || page.boolean("restart_in_progress"),
    memory: {
      used: memory.number("used_memory"),
      free: memory.number("free_memory"),
      wasted: memory.number("wasted_memory"),
    },
    internedStrings: {
      used: strings.number("used_memory"),
      free: strings.number("free_memory"),
      size: strings.number("buffer_size"),
      count: strings.number("number_of_strings"),
    },
    cachedScripts: statistics.number("num_cached_scripts"),
    cachedKeys: statistics.number("num_cached_keys"),
    maxKeys: statistics.number("max_cached_keys"),
    hits: statistics.number("hits"),
    misses: statistics.number("misses"),
    hitRate: statistics.number("opcache_hit_rate") / 100,
    startTime: new Date(statistics.number("start_time") * 1_000),
    lastRestartTime: lastRestart === 0 ? undefined : new Date(lastRestart * 1_000),
    restarts: {
      outOfMemory: statistics.number("oom_restarts"),
      outOfKeys: statistics.number("hash_restarts"),
      manual: statistics.number("manual_restarts"),
    },
    scripts: scripts?.values().map((script) => ({
      path: script.text("full_path"),
      hits: script.number("hits"),
      memory: script.number("memory_consumption"),
      lastUsed: new Date(script.number("last_used_timestamp") * 1_000),
    })),
  };
}

export function readApcu(result: unknown): ApcuStatus {
  const page = new Page(result);
  const cache = page.in("cache");
  const memory = page.in("memory");
  const size = memory.number("num_seg") * memory.number("seg_size");
  return {
    entries: cache.number("num_entries"),
    hits: cache.number("num_hits"),
    misses: cache.number("num_misses"),
    expunges: cache.number("expunges"),
    startTime: new Date(cache.number("start_time") * 1_000),
    memory: { used: size - memory.number("avail_mem"), size },
  };
}

export function readRealpath(result: unknown): RealpathStatus {
  const page = new Page(result);
  const entries = page.optional("entries")?.strings() ?? [];
  return { size: page.number("size"), limit: page.text("limit"), entries };
}

/** An array of PHP, whose fields differ from version to version: what is absent counts as nothing. */
class Page {
  readonly #fields: Record<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null) {
      throw new FastCGIError("FCGI_ERR_BAD_ANSWER", "PHP did not say what such a cache says.", {
        phase: "response-body",
      });
    }
    this.#fields = value as Record<string, unknown>;
  }

  in(name: string): Page {
    return this.optional(name) ?? new Page({});
  }

  optional(name: string): Page | undefined {
    const value = this.#fields[name];
    return typeof value === "object" && value !== null ? new Page(value) : undefined;
  }

  values(): Page[] {
    return Object.values(this.#fields).map((value) => new Page(value));
  }

  strings(): string[] {
    return Object.values(this.#fields).map(String);
  }

  number(name: string): number {
    const value = this.#fields[name];
    return typeof value === "number" ? value : 0;
  }

  boolean(name: string): boolean {
    return this.#fields[name] === true;
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : "";
  }
}
