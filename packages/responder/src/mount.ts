import type { Params } from "@x/protocol";

/** What a URL parser or a router would take for something else. */
const ENCODED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/**
 * A request's URL without the part that SCRIPT_NAME names: `/app/users?x` under `/app` is `/users?x`, and so is `/%61pp/users?x`.
 * Where the web server has found that part in another place (`/./app`), PATH_INFO tells the rest.
 */
export function withoutMount(url: string, params: Params): string {
  const mount = (params.get("SCRIPT_NAME") ?? "").replace(/\/$/, "");
  if (mount === "") return url;
  const end = url.search(/[?#]|$/);
  const path = url.slice(0, end);
  const at = path.startsWith(mount) ? mount.length : behind(path, mount);
  if (at === end) return `/${url.slice(end)}`;
  if (path[at] === "/") return url.slice(at);
  const rest = params.get("PATH_INFO");
  if (rest === undefined || !rest.startsWith("/")) return url;
  return rest.replace(ENCODED, percentEncode) + url.slice(end);
}

/** Where the part of `path` ends that is `prefix` when it is decoded; -1: it begins with something else. */
function behind(path: string, prefix: string): number {
  let at = 0;
  for (const character of prefix) {
    const code = /^%([0-9a-f]{2})/i.exec(path.slice(at, at + 3))?.[1];
    if ((code === undefined ? path[at] : String.fromCharCode(Number.parseInt(code, 16))) !== character) return -1;
    at += code === undefined ? 1 : 3;
  }
  return at;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
