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

const NONE: readonly never[] = [];

/**
 * Routes in their order, compiled; the first match wins. Routes that name a host, a mount or the first segment of their paths are found by it,
 * so that a thousand sites cost no more than ten. A regex, and a glob that begins with a wildcard, is looked at for each request.
 */
export class RouteTable<Value> {
  readonly #entries: readonly Entry<Value>[];
  /** Routes for hosts, by a host's name. */
  readonly #hosts = new Map<string, Segments<Value>>();
  /** Routes for all hosts below a name, by that name with a dot before it; those of shorter names are among them. */
  readonly #domains = new Map<string, Segments<Value>>();
  readonly #anyHost: Segments<Value>;

  constructor(routes: readonly TableRoute<Value>[]) {
    this.#entries = routes.map((route, index) => ({
      index,
      test: new RouteTest({ ...route.match, mount: route.mount ?? "", internal: route.internal ?? false }),
      value: route.value,
    }));
    const general = this.#entries.filter(({ test }) => test.hosts.length === 0);
    const special = this.#entries.filter(({ test }) => test.hosts.length > 0);
    this.#anyHost = new Segments(general);
    for (const name of new Set(special.flatMap(({ test }) => test.hosts))) {
      const domain = name.startsWith("*.") ? name.slice(1) : undefined;
      // Whatever is below a name is not one of the hosts that are named.
      const host = domain === undefined ? name : `\0${domain}`;
      const segments = new Segments(special.filter(({ test }) => test.mayBeHost(host)));
      if (domain === undefined) this.#hosts.set(name, segments);
      else this.#domains.set(domain, segments);
    }
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
    const general = this.#anyHost.of(path);
    const special: readonly Entry<Value>[] = this.#special(host)?.of(path) ?? NONE;
    let at = 0;
    let specialAt = 0;
    while (at < general.length || specialAt < special.length) {
      const one = general[at];
      const other = special[specialAt];
      const isSpecial = one === undefined || (other !== undefined && other.index < one.index);
      const entry = (isSpecial ? other : one) as Entry<Value>;
      if (isSpecial) specialAt++;
      else at++;
      if (entry.test.matches(method, host, path, scheme, internal)) return entry.value;
    }
    return undefined;
  }

  /** The routes that name a host. */
  #special(host: string): Segments<Value> | undefined {
    const named = this.#hosts.get(host);
    if (named !== undefined || this.#domains.size === 0) return named;
    for (let dot = host.indexOf(".", 1); dot > 0; dot = host.indexOf(".", dot + 1)) {
      const below = this.#domains.get(host.slice(dot));
      if (below !== undefined) return below;
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

/** Some of the routes, by the first segment of the path. */
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
