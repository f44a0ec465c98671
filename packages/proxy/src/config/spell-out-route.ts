import type { PresetName } from "../presets/preset.ts";
import { siteIn } from "../presets/site-in.ts";
import type { FastCGIRouteConfig, RouteConfig, StaticRouteConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** What the shorthands of a route are short for. */
export interface LongRoute {
  readonly match?: RouteConfig["match"];
  readonly fastcgi?: FastCGIRouteConfig | undefined;
  readonly static?: StaticRouteConfig | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly links?: readonly string[] | undefined;
  readonly preset?: PresetName | undefined;
}

/** Notes what answers nothing, or too much, and spells out `php` and `acme`. */
export function spellOutRoute(expansion: Expansion, path: KeyPath, route: RouteConfig): LongRoute {
  checkAnswers(expansion, path, route);
  if (route.php === undefined) {
    if (route.preset !== undefined) {
      expansion.problem([...path, "preset"], "needs php beside it: without, the route is spelled out already.");
    }
    const { deny, links, root } = route;
    if (route.acme !== undefined) {
      if (route.match !== undefined) expansion.problem([...path, "match"], "has no meaning beside acme.");
      return { match: "/.well-known/acme-challenge/*", static: { root: route.acme } };
    }
    const files = route.static === true ? {} : route.static;
    return { fastcgi: route.fastcgi && { root, ...route.fastcgi }, static: files && { root, ...files }, deny, links };
  }
  for (const other of ANSWERS.slice(1)) {
    if (route[other] !== undefined) {
      expansion.problem(
        [...path, other],
        'stands beside php, which is short for both "fastcgi" and "static": spell out one route.',
      );
    }
  }
  if (expansion.config.upstreams?.[route.php] === undefined) {
    expansion.checkUpstream([...path, "php"], route.php);
    return {};
  }
  return spellOutPhp(expansion, route, route.php);
}

function spellOutPhp(expansion: Expansion, route: RouteConfig, upstream: string): LongRoute {
  const root = route.root === undefined ? expansion.root : expansion.path(route.root);
  const fastcgi = { upstream, extensions: [".php"] };
  if (root === undefined) return { fastcgi, static: {} };
  const { preset, documentRoot, index, frontController, deny, links, params } = siteIn(root, route.preset);
  const front = frontController === undefined ? [] : [frontController];
  return {
    fastcgi: { ...fastcgi, root: documentRoot, index, tryFiles: ["{path}", "{path}/", ...front], params },
    static: {},
    deny: [...deny, ...(route.deny ?? [])],
    links: [...links, ...(route.links ?? [])],
    preset,
  };
}

/** The keys of which each answers a request; `fastcgi` and `static` may stand together. */
const ANSWERS = [
  "php",
  "fastcgi",
  "static",
  "filter",
  "cgi",
  "handler",
  "respond",
  "redirect",
  "rewrite",
  "acme",
] as const;

function checkAnswers(expansion: Expansion, path: KeyPath, route: RouteConfig): void {
  const given = ANSWERS.filter((key) => route[key] !== undefined);
  if (given.length === 0) expansion.problem(path, `says nothing that answers: add ${ANSWERS.join(", ")}.`);
  if (given.length < 2 || given[0] === "php" || (given.length === 2 && given.join("") === "fastcgistatic")) return;
  expansion.problem(path, `has ${given.join(" and ")}, and only one can answer: make a route of each.`);
}
