import type { ResolvedMatch } from "../config/resolved-config.ts";
import { RouteTest, type RouteConditions } from "./route-test.ts";

/** A route as the table is given it. */
export interface TableRoute<Value> {
  readonly match: ResolvedMatch;
  readonly value: Value;
  /** The path below which the route lies, without slash at the end; empty: the root. */
  readonly mount?: string;
  /** Only for requests that the gateway itself sent here. */
  readonly internal?: boolean;
}

/** How one route fared with a request. */
export interface RouteVerdict {
  /** Position of the route. */
  readonly index: number;
  /** The condition that does not hold; undefined: this is the route. */
  readonly reason: string | undefined;
}

interface Entry<Value> {
  readonly index: number;
  readonly test: RouteTest;
  readonly value: Value;
}

/**
 * Routes in their order, compiled; the first match wins. Routes that name a host or the first segment of their paths are found by it, so
 * that a thousand sites cost no more than ten.
 */
export class RouteTable<Value> {
  readonly #entries: readonly Entry<Value>[];
  readonly #hosts = new Map<string, Segments<Value>>();
  readonly #otherHosts: Segments<Value>;

  constructor(routes: readonly TableRoute<Value>[]) {
    this.#entries = routes.map((route, index) => ({
      index,
      test: new RouteTest({ ...route.match, mount: route.mount ?? "", internal: route.internal ?? false }),
      value: route.value,
    }));
    const named = new Set(this.#entries.flatMap(({ test }) => test.hosts ?? []));
    for (const host of named) {
      this.#hosts.set(host, new Segments(this.#entries.filter(({ test }) => test.mayBeHost(host))));
    }
    this.#otherHosts = new Segments(this.#entries.filter(({ test }) => test.hosts === undefined));
  }

  /**
   * @param path decoded and clean, latin-1
   * @param host lower case, without port; empty when the client named none
   * @param internal was the request sent here by the gateway itself?
   */
  find(
    method: string,
    host: string,
    path: string,
    scheme: "http" | "https" = "http",
    internal = false,
  ): Value | undefined {
    const entries = (this.#hosts.get(host) ?? this.#otherHosts).of(path);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as Entry<Value>;
      if (entry.test.matches(method, host, path, scheme, internal)) return entry.value;
    }
    return undefined;
  }

  /** The methods with which a path that no route answers would have one; empty: none at all. */
  methods(host: string, path: string, scheme: "http" | "https", internal: boolean): string[] {
    const methods = new Set<string>();
    for (const { test } of this.#entries) {
      if (!test.matches(undefined, host, path, scheme, internal)) continue;
      for (const method of test.methods ?? []) methods.add(method);
    }
    return [...methods];
  }

  /** What each route says to a request, up to the one that answers it. */
  explain(asked: RouteConditions): RouteVerdict[] {
    const verdicts: RouteVerdict[] = [];
    for (const { index, test } of this.#entries) {
      const reason = test.explain(asked);
      verdicts.push({ index, reason });
      if (reason === undefined) break;
    }
    return verdicts;
  }
}

/** The routes that one host may have, by the first segment of the path. */
class Segments<Value> {
  readonly #named = new Map<string, readonly Entry<Value>[]>();
  readonly #others: readonly Entry<Value>[];

  constructor(entries: readonly Entry<Value>[]) {
    const names = new Set(entries.flatMap(({ test }) => test.segments ?? []));
    for (const name of names) {
      this.#named.set(
        name,
        entries.filter(({ test }) => test.segments?.includes(name) !== false),
      );
    }
    this.#others = entries.filter(({ test }) => test.segments === undefined);
  }

  of(path: string): readonly Entry<Value>[] {
    if (this.#named.size === 0) return this.#others;
    const end = path.indexOf("/", 1);
    return this.#named.get(end < 0 ? path.slice(1) : path.slice(1, end)) ?? this.#others;
  }
}
