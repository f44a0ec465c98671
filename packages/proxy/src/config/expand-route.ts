import { resolve } from "node:path";

import type { PresetName } from "../presets/preset.ts";
import { siteIn } from "../presets/site-in.ts";
import { expandAccess } from "./access-config.ts";
import { expandAuthorize } from "./authorize-config.ts";
import { expandCgi } from "./cgi-config.ts";
import type { FastCGIRouteConfig, RouteConfig, StaticRouteConfig } from "./define-config.ts";
import { parseDuration } from "./duration.ts";
import { checkTemplate, expandRedirect, expandRespond } from "./expand-answers.ts";
import { checkPatterns, expandMatch } from "./expand-match.ts";
import { expandParams } from "./expand-params.ts";
import type { Expansion } from "./expand.ts";
import { checkFileNames, scriptExtensions } from "./file-rules.ts";
import { expandFilter } from "./filter-config.ts";
import { spellOutHttps } from "./https-redirect.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedFastCGIRoute, ResolvedRoute, ResolvedStaticRoute } from "./resolved-config.ts";
import { expandResponseRules } from "./response-config.ts";
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
  checkAnswers(expansion, path, route);
  const long = spellOut(expansion, path, route);
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

function expandMount(expansion: Expansion, path: KeyPath, route: RouteConfig): string {
  const mount = (route.mount ?? "").replace(/\/+$/, "");
  if (route.mount === undefined) return impliedMount(route);
  if (!route.mount.startsWith("/") || /\/\/|\/\.{1,2}(?:\/|$)|[?#*\\%]/.test(mount))
    expansion.problem([...path, "mount"], `must be a path such as "/blog", not ${JSON.stringify(route.mount)}.`);
  for (const key of ["respond", "redirect", "rewrite", "acme"] as const) {
    if (route[key] !== undefined) expansion.problem([...path, "mount"], `has no meaning beside ${key}: use match.`);
  }
  return Buffer.from(mount, "utf8").toString("latin1");
}

/** A folder of the route's own stands for the path that the route is for (Apache `ScriptAlias`, nginx `alias`). */
function impliedMount({ cgi, filter, match, root }: RouteConfig): string {
  if (cgi === undefined && (filter?.root ?? (filter && root)) === undefined) return "";
  const paths = typeof match === "string" ? match : match?.path;
  const only = typeof paths === "string" ? paths : paths?.length === 1 ? paths[0] : undefined;
  const found = /^(\/[^*?{}[\]!()\\]*)\/\*{1,2}$/.exec(only ?? "")?.[1] ?? "";
  return Buffer.from(found, "utf8").toString("latin1");
}

interface LongRoute {
  readonly match?: RouteConfig["match"];
  readonly fastcgi?: FastCGIRouteConfig | undefined;
  readonly static?: StaticRouteConfig | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly links?: readonly string[] | undefined;
  readonly preset?: PresetName | undefined;
}

function spellOut(expansion: Expansion, path: KeyPath, route: RouteConfig): LongRoute {
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
  const { preset, documentRoot, index, frontController, deny, links } = siteIn(root, route.preset);
  const front = frontController === undefined ? [] : [frontController];
  return {
    fastcgi: { ...fastcgi, root: documentRoot, index, tryFiles: ["{path}", "{path}/", ...front] },
    static: {},
    deny: [...deny, ...(route.deny ?? [])],
    links: [...links, ...(route.links ?? [])],
    preset,
  };
}

function expandFastCGI(
  expansion: Expansion,
  path: KeyPath,
  it: FastCGIRouteConfig,
  withFiles: boolean,
  upstreams: ReadonlyMap<string, ResolvedUpstream>,
): ResolvedFastCGIRoute {
  expansion.checkUpstream([...path, "upstream"], it.upstream);
  if (it.buffer === "off" && expansion.hasScgi(it.upstream))
    expansion.problem([...path, "buffer"], 'cannot be "off" with SCGI, which tells the length of a body before it.');
  const extensions = it.extensions ?? [];
  for (const [index, extension] of extensions.entries()) {
    if (!/^\.[\w-]+$/.test(extension)) {
      expansion.problem(
        [...path, "extensions", index],
        `must be a dot and letters such as ".php", not ${JSON.stringify(extension)}.`,
      );
    }
  }
  const usesFiles = extensions.length > 0 || withFiles;
  const checkFiles = usesFiles && (it.checkFiles ?? true);
  if (withFiles && !checkFiles) {
    expansion.problem(
      [...path, "checkFiles"],
      "cannot be false beside static: files of another machine cannot be served from here.",
    );
  }
  if (it.tryFiles !== undefined && !checkFiles) {
    expansion.problem(
      [...path, "tryFiles"],
      usesFiles ? "needs checkFiles." : "needs extensions, or static beside fastcgi.",
    );
  }
  const root = it.root === undefined || !checkFiles ? (it.root ?? expansion.root) : expansion.path(it.root);
  if (usesFiles && root === undefined)
    expansion.problem(path, 'needs a document root: add "root" here or to the configuration.');
  if (it.resolveRoot === true && !checkFiles)
    expansion.problem(
      [...path, "resolveRoot"],
      "needs files that are looked at: extensions, and no checkFiles: false.",
    );
  if (it.resolveRoot === true && it.rootOnBackend !== undefined)
    expansion.problem(
      [...path, "resolveRoot"],
      "has no meaning beside rootOnBackend: its links are not seen from here.",
    );
  if (it.rootOnBackend !== undefined && !it.rootOnBackend.startsWith("/"))
    expansion.problem([...path, "rootOnBackend"], `must begin with "/", not be ${JSON.stringify(it.rootOnBackend)}.`);
  const index = it.index ?? defaultIndex(extensions, withFiles);
  checkFileNames(expansion, [...path, "index"], index);
  const tryFiles = it.tryFiles ?? defaultTryFiles(extensions, index);
  for (const [position, entry] of tryFiles.entries()) {
    if (!/^(?:\{path\}|\/)[^{}]*$/.test(entry) || entry.split("/").includes("..")) {
      expansion.problem(
        [...path, "tryFiles", position],
        `must begin with "{path}" or "/" and stay in the root, not ${JSON.stringify(entry)}.`,
      );
    }
  }
  return {
    upstream: it.upstream,
    root,
    extensions,
    index,
    tryFiles: checkFiles ? tryFiles : [],
    checkFiles,
    rootOnBackend: it.rootOnBackend,
    resolveRoot: it.resolveRoot ?? false,
    sendfile: {
      roots: (it.sendfile?.roots ?? []).map((folder) => expansion.path(folder)),
      accel: it.sendfile?.accel ?? false,
      neverServe: scriptExtensions(expansion),
    },
    params: expandParams(expansion, [...path, "params"], it.params ?? {}),
    buffer: it.buffer ?? (multiplexes(upstreams.get(it.upstream)) ? "known-length" : "on"),
  };
}

function multiplexes(upstream: ResolvedUpstream | undefined): boolean {
  return upstream !== undefined && upstream.addresses.some(({ multiplex }) => multiplex > 1);
}

function defaultIndex(extensions: readonly string[], withFiles: boolean): string[] {
  const index: string[] = [];
  if (extensions[0] !== undefined) index.push(`index${extensions[0]}`);
  if (withFiles) index.push("index.html");
  return index;
}

function defaultTryFiles(extensions: readonly string[], index: readonly string[]): string[] {
  const tried = ["{path}", "{path}/"];
  if (extensions.length > 0 && index[0] !== undefined) tried.push(`/${index[0]}`);
  return tried;
}

function expandStatic(
  expansion: Expansion,
  path: KeyPath,
  it: StaticRouteConfig,
  fastcgi: ResolvedFastCGIRoute | undefined,
): ResolvedStaticRoute {
  const fallback = fastcgi?.root ?? expansion.root;
  const root = it.root === undefined ? fallback : expansion.path(it.root);
  if (root === undefined) {
    if (fastcgi === undefined) expansion.problem(path, 'needs a folder: add "root" here or to the configuration.');
  } else if (fastcgi?.root !== undefined && resolve(fastcgi.root) !== root) {
    expansion.problem([...path, "root"], "must be the same folder as fastcgi.root in the same route.");
  }
  const index = it.index ?? fastcgi?.index ?? ["index.html"];
  checkFileNames(expansion, [...path, "index"], index);
  const maxAge = typeof it.maxAge === "string" ? parseDuration(it.maxAge) : it.maxAge;
  if (it.maxAge !== undefined && (maxAge === undefined || maxAge < 0)) {
    expansion.problem(
      [...path, "maxAge"],
      `must be milliseconds or a text such as "10m", "1d" or "1y", not ${JSON.stringify(it.maxAge)}.`,
    );
  }
  return { root: root ?? "", index, maxAge, immutable: it.immutable ?? false, neverServe: scriptExtensions(expansion) };
}
