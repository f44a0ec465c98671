import type { ResolvedMatch } from "../config/resolved-config.ts";
import { type PathTest, compilePathPattern } from "./path-pattern.ts";

/** Routes in their order, compiled; the first match wins. */
export class RouteTable<Value> {
  readonly #tests: readonly RouteTest[];
  readonly #values: readonly Value[];

  constructor(routes: readonly { readonly match: ResolvedMatch; readonly value: Value }[]) {
    this.#tests = routes.map(({ match }) => new RouteTest(match));
    this.#values = routes.map(({ value }) => value);
  }

  /**
   * @param path decoded and clean, latin-1
   * @param host lower case, without port; empty when the client named none
   */
  find(method: string, host: string, path: string): Value | undefined {
    for (let index = 0; index < this.#tests.length; index++) {
      if (this.#tests[index]?.matches(method, host, path) === true) return this.#values[index];
    }
    return undefined;
  }
}

class RouteTest {
  readonly #paths: readonly PathTest[];
  readonly #methods: ReadonlySet<string> | undefined;
  readonly #hosts: readonly HostTest[];

  constructor(match: ResolvedMatch) {
    this.#paths = match.paths.map(compilePathPattern);
    this.#methods = match.methods.length === 0 ? undefined : new Set(match.methods);
    this.#hosts = match.hosts.map(compileHostPattern);
  }

  matches(method: string, host: string, path: string): boolean {
    if (this.#methods !== undefined && !this.#methods.has(method)) return false;
    return anyOf(this.#hosts, host) && anyOf(this.#paths, path);
  }
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
