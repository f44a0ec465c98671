import { expandAccess } from "./access-config.ts";
import { expandAuthorize } from "./authorize-config.ts";
import { expandCgi } from "./cgi-config.ts";
import { expandClientLimit } from "./client-limit-config.ts";
import type { RouteConfig } from "./define-config.ts";
import { checkTemplate, expandRedirect, expandRespond } from "./expand-answers.ts";
import { expandFastCGI } from "./expand-fastcgi.ts";
import { checkPatterns, expandMatch } from "./expand-match.ts";
import { expandMount } from "./expand-mount.ts";
import { expandStatic } from "./expand-static.ts";
import type { Expansion } from "./expand.ts";
import { expandFilter } from "./filter-config.ts";
import { spellOutHttps } from "./https-redirect.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedRoute } from "./resolved-config.ts";
import { expandResponseRules } from "./response-config.ts";
import { spellOutRoute } from "./spell-out-route.ts";
import type { ResolvedUpstream } from "./upstream-config.ts";

/** Spells out one route. `php: "NAME"` becomes `fastcgi` for `.php` with `static` for the other files. */
export function expandRoute(
  expansion: Expansion,
  written: RouteConfig,
  index: number,
  upstreams: ReadonlyMap<string, ResolvedUpstream>,
): ResolvedRoute {
  const path: KeyPath = ["routes", index];
  const route = spellOutHttps(expansion, path, written);
  const long = spellOutRoute(expansion, path, route);
  const fastcgi =
    long.fastcgi && expandFastCGI(expansion, [...path, "fastcgi"], long.fastcgi, long.static !== undefined, upstreams);
  const files = long.static && expandStatic(expansion, [...path, "static"], long.static, fastcgi);
  const match = expandMatch(expansion, [...path, "match"], long.match ?? route.match ?? {});
  const { respond, redirect, rewrite } = route;
  if (rewrite !== undefined) checkTemplate(expansion, [...path, "rewrite"], rewrite, match.regex, false);
  const deny = long.deny ?? [];
  checkPatterns(expansion, [...path, "deny"], deny);
  return {
    index,
    match,
    fastcgi,
    static: files,
    deny,
    links: (long.links ?? []).map((folder) => expansion.path(folder)),
    responses: expandResponseRules(expansion, path, route),
    access: expandAccess(expansion, [...path, "access"], route.access),
    limitClient: expandClientLimit(expansion, [...path, "limitClient"], route.limitClient),
    respond: respond && expandRespond(expansion, [...path, "respond"], respond),
    redirect:
      redirect === undefined ? undefined : expandRedirect(expansion, [...path, "redirect"], redirect, match.regex),
    rewrite,
    mount: expandMount(expansion, path, route),
    internal: route.internal ?? false,
    preset: long.preset,
    filter: route.filter && expandFilter(expansion, [...path, "filter"], { root: route.root, ...route.filter }),
    cgi: route.cgi && expandCgi(expansion, [...path, "cgi"], route.cgi),
    handler: typeof route.handler === "string" ? expansion.path(route.handler) : route.handler,
    authorize: expandAuthorize(expansion, [...path, "authorize"], route.authorize),
  };
}
