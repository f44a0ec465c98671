import type { Params } from "@x/protocol";

/** What a URL parser or a router would take for something else. */
const ENCODED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/**
 * A request's URL without the part that SCRIPT_NAME names: `/app/users?x` under `/app` is `/users?x`. Where the browser has
 * written that part in another way (`/%61pp`), PATH_INFO and QUERY_STRING tell the rest.
 */
export function withoutMount(url: string, params: Params): string {
  const mount = (params.get("SCRIPT_NAME") ?? "").replace(/\/$/, "");
  if (mount === "") return url;
  const end = url.search(/[?#]|$/);
  const path = url.slice(0, end);
  if (path === mount) return `/${url.slice(end)}`;
  if (path.startsWith(`${mount}/`)) return url.slice(mount.length);
  const rest = params.get("PATH_INFO");
  if (rest === undefined || !rest.startsWith("/")) return url;
  return rest.replace(ENCODED, percentEncode) + url.slice(end);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
