import type { ProxyConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** Where a person finds each folder and module that a configuration names, by absolute path: `x.config.ts:7: routes[0].static.root`. */
export function namedPlaces(expansion: Expansion, { root, routes }: ProxyConfig): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const note = (path: KeyPath, written: unknown): void => {
    if (typeof written !== "string") return;
    const absolute = expansion.path(written);
    if (!places.has(absolute)) places.set(absolute, expansion.place(path));
  };
  note(["root"], root);
  for (const [index, route] of routes.entries()) {
    const at = ["routes", index];
    note([...at, "root"], route.root);
    note([...at, "acme"], route.acme);
    note([...at, "handler"], route.handler);
    for (const kind of ["fastcgi", "static", "filter", "cgi"] as const) {
      const answer = route[kind];
      if (typeof answer === "object") note([...at, kind, "root"], answer.root);
    }
    const { fastcgi } = route;
    const sent = typeof fastcgi === "object" ? (fastcgi.sendfile?.roots ?? []) : [];
    for (const [position, folder] of sent.entries()) note([...at, "fastcgi", "sendfile", "roots", position], folder);
  }
  return places;
}
