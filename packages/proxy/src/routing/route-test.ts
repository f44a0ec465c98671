import type { ResolvedMatch } from "../config/resolved-config.ts";
import { type PathTest, compilePathPattern, firstSegment } from "./path-pattern.ts";
import { compilePathRegex } from "./path-regex.ts";

/** All that decides about a request's route. */
export interface RouteConditions {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly scheme: "http" | "https";
  readonly internal: boolean;
}

/** The conditions of one route, compiled. */
export class RouteTest {
  /** Names and wildcards; none: any host. */
  readonly hosts: readonly string[];
  /** First segments of the paths, as far as the mount does not say it; undefined: not known of all. */
  readonly segments: readonly string[] | undefined;
  readonly methods: ReadonlySet<string> | undefined;
  readonly #match: ResolvedMatch;
  readonly #mount: string;
  readonly #internal: boolean;
  readonly #paths: readonly PathTest[];
  readonly #regex: RegExp | undefined;
  readonly #hosts: readonly HostTest[];

  constructor(match: ResolvedMatch & { readonly mount: string; readonly internal: boolean }) {
    this.#match = match;
    this.#mount = match.mount;
    this.#internal = match.internal;
    this.#paths = match.paths.map(compilePathPattern);
    this.#regex = match.regex === undefined ? undefined : compilePathRegex(match.regex);
    this.#hosts = match.hosts.map(compileHostPattern);
    this.methods = match.methods.length === 0 ? undefined : new Set(match.methods);
    this.hosts = match.hosts;
    const segments = match.mount === "" ? match.paths.map(firstSegment) : [match.mount.split("/")[1]];
    this.segments = segments.length > 0 && segments.every((it) => it !== undefined) ? segments : undefined;
  }

  mayBeHost(host: string): boolean {
    return anyOf(this.#hosts, host);
  }

  /** @param method undefined: whatever it is */
  matches(
    method: string | undefined,
    host: string,
    path: string,
    scheme: "http" | "https",
    internal: boolean,
  ): boolean {
    if (this.methods !== undefined && method !== undefined && !this.methods.has(method)) return false;
    if (this.#internal && !internal) return false;
    if (this.#match.scheme !== undefined && this.#match.scheme !== scheme) return false;
    if (this.#mount !== "" && !isBelow(path, this.#mount)) return false;
    if (!anyOf(this.#hosts, host) || !anyOf(this.#paths, path)) return false;
    return this.#regex === undefined || this.#regex.test(path);
  }

  /** The first condition that does not hold. */
  explain({ method, host, path, scheme, internal }: RouteConditions): string | undefined {
    const { hosts, paths, regex } = this.#match;
    if (!anyOf(this.#hosts, host)) return `host ${host === "" ? "(none)" : host} is not ${hosts.join(" or ")}`;
    if (this.#match.scheme !== undefined && this.#match.scheme !== scheme)
      return `it is for ${this.#match.scheme} only`;
    if (this.#mount !== "" && !isBelow(path, this.#mount)) return `the path is not below ${this.#mount}`;
    if (!anyOf(this.#paths, path)) return `the path does not match ${paths.join(" or ")}`;
    if (this.#regex?.test(path) === false) return `the path does not match the regex ${regex ?? ""}`;
    if (this.methods?.has(method) === false) return `the method is not ${[...this.methods].join(" or ")}`;
    return this.#internal && !internal ? "it is internal, and the request comes from a client" : undefined;
  }
}

/** Is a path the mount itself, or below it? */
function isBelow(path: string, mount: string): boolean {
  return path.startsWith(mount) && (path.length === mount.length || path[mount.length] === "/");
}

type HostTest = (host: string) => boolean;

/** `example.org` is itself; `*.example.org` is every name below, at any depth, and not `example.org`. */
function compileHostPattern(pattern: string): HostTest {
  if (!pattern.startsWith("*.")) return (host) => host === pattern;
  const suffix = pattern.slice(1);
  return (host) => host.length > suffix.length && host.endsWith(suffix);
}

/** No test at all is no condition. */
function anyOf(tests: readonly ((text: string) => boolean)[], text: string): boolean {
  if (tests.length === 0) return true;
  for (const test of tests) if (test(text)) return true;
  return false;
}
