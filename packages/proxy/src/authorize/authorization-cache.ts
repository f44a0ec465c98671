import { hash } from "node:crypto";

import type { ResolvedAuthorizeCache } from "../config/authorize-config.ts";

/** What an authorizer said that lets a request go on. */
export interface Permission {
  /** For the next application. */
  readonly variables: ReadonlyMap<string, string>;
  /** For the client's answer: names and values in turn. */
  readonly headers: readonly string[];
}

/**
 * Remembers what was allowed, never what was refused: who guesses passwords must not push others out. Two generations of half the size
 * each: a full one becomes the old one, and what is in the old one alone is forgotten with it. A hit changes nothing, and nothing is
 * ever deleted singly.
 */
export class AuthorizationCache {
  readonly #key: readonly string[];
  readonly #ttl: number;
  readonly #half: number;
  readonly #now: () => number;
  #young = new Map<string, Remembered>();
  #old = new Map<string, Remembered>();

  /** @param now a monotonic clock in ms, for tests */
  constructor(options: ResolvedAuthorizeCache, now: () => number = () => performance.now()) {
    this.#key = options.key;
    this.#ttl = options.ttl;
    this.#half = Math.ceil(options.entries / 2);
    this.#now = now;
  }

  /**
   * The key of a request: a hash, so that no password stays in memory for it.
   *
   * @param read the value of a variable
   * @param earlier what authorizers before this one have said
   */
  key(read: (name: string) => string | undefined, earlier: ReadonlyMap<string, string> | undefined): string {
    const values = this.#key.map((name) => read(name) ?? null);
    return hash("sha256", JSON.stringify([values, [...(earlier ?? [])]]), "base64");
  }

  get(key: string): Permission | undefined {
    const found = this.#young.get(key) ?? this.#old.get(key);
    return found !== undefined && found.until > this.#now() ? found.permission : undefined;
  }

  set(key: string, permission: Permission): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, { permission, until: this.#now() + this.#ttl });
  }
}

interface Remembered {
  readonly permission: Permission;
  readonly until: number;
}
