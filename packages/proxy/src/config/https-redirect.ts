import type { RouteConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** The port of https that no URL names. */
const USUAL = 443;

/** `redirect: "https"` is short for a route that sends requests of http to the same place of https; all others stay as they are. */
export function spellOutHttps(expansion: Expansion, path: KeyPath, route: RouteConfig): RouteConfig {
  const { redirect } = route;
  const to = typeof redirect === "string" ? redirect : redirect?.to;
  if (to !== "https") {
    checkOrder(expansion, path, route);
    return route;
  }
  const match = typeof route.match === "string" ? { path: route.match } : (route.match ?? {});
  if (match.scheme === "https")
    expansion.problem(
      [...path, "match", "scheme"],
      'is "https", and redirect would send these requests to where they are.',
    );
  const status = (typeof redirect === "string" ? undefined : redirect?.status) ?? 308;
  const port = portOf(expansion);
  return {
    ...route,
    match: { ...match, scheme: "http" },
    redirect: { to: `https://{hostname}${port === undefined ? "" : `:${port}`}{uri}`, status },
  };
}

/** The one that all addresses with https have; undefined: the usual one, or it is not known. */
function portOf({ listen }: Expansion): number | undefined {
  const ports = new Set(listen.map((it) => (it.tls === undefined || it.kind === "unix" ? undefined : it.port)));
  ports.delete(undefined);
  const [port] = ports;
  return ports.size === 1 && port !== USUAL && port !== 0 ? port : undefined;
}

/** Whoever gives certificates asks by http, and need not follow. */
function checkOrder(expansion: Expansion, path: KeyPath, { acme }: RouteConfig): void {
  if (acme === undefined) return;
  const before = expansion.config.routes
    .slice(0, Number(path[1]))
    .findIndex((it) => it.redirect === "https" && it.match === undefined);
  if (before >= 0)
    expansion.problem(
      [...path, "acme"],
      `stands behind routes[${before}], which sends all of http elsewhere: put it before.`,
    );
}
