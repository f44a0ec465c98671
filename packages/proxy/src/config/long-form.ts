import { accessToLongForm } from "./access-config.ts";
import type { ResolvedAuthorize } from "./authorize-config.ts";
import type { ResolvedCgiRoute } from "./cgi-config.ts";
import { clientLimitToLongForm } from "./client-limit-config.ts";
import type { ProxyConfig } from "./define-config.ts";
import type { ResolvedFilterRoute } from "./filter-config.ts";
import { listenToLongForm } from "./listen-config.ts";
import type { ResolvedConfig, ResolvedLimits, ResolvedMatch, ResolvedRoute } from "./resolved-config.ts";
import type { ResolvedResponseRules } from "./response-config.ts";
import type { ResolvedUpstream } from "./upstream-config.ts";

/** A value of JSON. */
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * The long form of a configuration as a configuration again: every shorthand spelled out, every default there, all of it JSON. Expanding it
 * gives the same once more.
 */
export function toLongForm(config: ResolvedConfig): ProxyConfig {
  const { routes, upstreams, processes, listen, errors, responses, places: _places, ...rest } = config;
  const long = {
    listen: listen.map(listenToLongForm),
    ...rest,
    ...responsesOf(responses, undefined),
    hsts: hstsOf(responses.hsts),
    limits: limitsOf(rest.limits),
    errors: errors === "auto" ? undefined : errors,
    upstreams: new Map([...upstreams].map(([name, it]) => [name, upstreamOf(it)])),
    processes: new Map([...processes].map(([name, { name: _name, ...it }]) => [name, it])),
    routes: routes.map((route) => routeOf(route, responses)),
  };
  return plain(long) as unknown as ProxyConfig;
}

function limitsOf(limits: ResolvedLimits): object {
  const { body, connections, connectionsPerAddress, fileCache, lag } = limits;
  return {
    ...limits,
    body: body === Infinity ? false : body,
    connections: connections === Infinity ? false : connections,
    connectionsPerAddress: connectionsPerAddress === Infinity ? false : connectionsPerAddress,
    lag: lag === Infinity ? false : lag,
    fileCache: fileCache.entries === 0 ? false : fileCache,
  };
}

function upstreamOf({ name: _name, addresses, check, ...rest }: ResolvedUpstream): object {
  return {
    ...rest,
    // Empty: any from 200 to 399.
    check: check && { ...check, status: check.status.length === 0 ? undefined : check.status },
    // Empty: a process of ours chooses.
    addresses: addresses.length === 0 ? undefined : addresses,
  };
}

/** The common rules stand before those of a route, which need not repeat them. */
function responsesOf(rules: ResolvedResponseRules, common: ResolvedResponseRules | undefined): object {
  const remove = rules.remove.slice(common?.remove.length ?? 0);
  const set = new Map(rules.set.slice(common?.set.length ?? 0));
  const add = new Map(rules.add.slice(common?.add.length ?? 0));
  const has = remove.length + set.size + add.size > 0;
  return {
    headers: has ? { remove, set, add } : undefined,
    compress: rules.compress ?? (common?.compress && false),
    errorPages: rules.errorPages.size === 0 ? undefined : rules.errorPages,
    interceptErrors: rules.interceptErrors === (common?.interceptErrors ?? false) ? undefined : rules.interceptErrors,
  };
}

function hstsOf(value: string | undefined): object | undefined {
  if (value === undefined) return undefined;
  const maxAge = Number(/\d+/.exec(value)?.[0]) * 1_000;
  return { maxAge, includeSubDomains: value.includes("includeSubDomains"), preload: value.includes("preload") };
}

function routeOf(route: ResolvedRoute, common: ResolvedResponseRules): object {
  const { index: _index, preset: _preset, mount: _mount, match, internal, fastcgi, static: files, ...others } = route;
  const { authorize, filter, cgi, handler, responses, limitClient, access, ...rest } = others;
  const { neverServe: _neverServe, ...served } = files ?? {};
  return {
    match: matchOf(match),
    mount: mountOf(route),
    internal: internal || undefined,
    fastcgi: fastcgi && {
      ...fastcgi,
      // Each is the default where it cannot be said.
      buffer: fastcgi.buffer === "known-length" ? undefined : fastcgi.buffer,
      checkFiles: fastcgi.checkFiles || fastcgi.extensions.length > 0 ? fastcgi.checkFiles : undefined,
      tryFiles: fastcgi.checkFiles ? fastcgi.tryFiles : undefined,
      sendfile: { roots: fastcgi.sendfile.roots, accel: fastcgi.sendfile.accel },
      resolveRoot: fastcgi.resolveRoot || undefined,
    },
    static: files && served,
    ...responsesOf(responses, common),
    access: access && accessToLongForm(access),
    limitClient: limitClient && clientLimitToLongForm(limitClient),
    authorize: authorize.length === 0 ? undefined : authorize.map(authorizeOf),
    filter: filter && filterOf(filter),
    cgi: cgi && cgiOf(cgi),
    // What is a function cannot be said in JSON.
    handler: typeof handler === "string" || handler === undefined ? handler : "(a function)",
    ...rest,
  };
}

function mountOf({ mount, cgi, filter }: ResolvedRoute): string | undefined {
  if (mount !== "") return Buffer.from(mount, "latin1").toString("utf8");
  // These have another default.
  return cgi === undefined && filter === undefined ? undefined : "/";
}

function authorizeOf({ variables, ...rest }: ResolvedAuthorize): object {
  return { ...rest, variables: rest.role === "responder" ? variables : undefined };
}

function filterOf({ neverServe: _neverServe, ...rest }: ResolvedFilterRoute): object {
  return rest;
}

function cgiOf({ documentRoot: _documentRoot, program, output, ...rest }: ResolvedCgiRoute): object {
  return {
    ...rest,
    program: program.length === 0 ? undefined : program,
    output: output === Infinity ? false : output,
  };
}

function matchOf({ paths, hosts, methods, regex, scheme }: ResolvedMatch): object | undefined {
  const some = (list: readonly string[]): readonly string[] | undefined => (list.length === 0 ? undefined : list);
  const match = { host: some(hosts), path: some(paths), regex, method: some(methods), scheme };
  return Object.values(match).some((it) => it !== undefined) ? match : undefined;
}

/** Maps become objects; what is undefined or empty is left out. */
function plain(value: unknown): Plain | undefined {
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map((it) => plain(it) ?? null);
  if (typeof value !== "object" || value === null) return value as Plain | undefined;
  const object: Record<string, Plain> = {};
  for (const [key, it] of Object.entries(value)) {
    const made = plain(it);
    if (made !== undefined) object[key] = made;
  }
  return object;
}
