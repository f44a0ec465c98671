import type { ResolvedRoute } from "../config/resolved-config.ts";

/** What answers a route, in few words. */
export function describeRoute(route: ResolvedRoute): string {
  const { fastcgi, redirect, respond, rewrite } = route;
  const where = route.mount === "" ? "" : ` below ${route.mount}`;
  if (redirect !== undefined) return `redirect to ${redirect.to}`;
  if (respond !== undefined) return `respond ${respond.status}`;
  if (rewrite !== undefined) return `rewrite to ${rewrite}`;
  if (route.filter !== undefined) return `files of ${route.filter.root} through ${route.filter.upstream}${where}`;
  if (route.cgi !== undefined) return `programs of ${route.cgi.root ?? route.cgi.program.join(" ")}${where}`;
  if (typeof route.handler === "string") return `the handler ${route.handler}${where}`;
  if (fastcgi !== undefined && route.static !== undefined)
    return `fastcgi to ${fastcgi.upstream}, and files of ${route.static.root}${where}`;
  if (fastcgi !== undefined) return `fastcgi to ${fastcgi.upstream}${where}`;
  return route.static === undefined ? `another answer${where}` : `files of ${route.static.root}${where}`;
}
