import { type ParamList, decodeNameValues, encodeNameValues } from "@x/protocol";

import type { ResolvedFastCGIRoute } from "../config/resolved-config.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { ExplainedParam } from "./explanation.ts";

/** Where each variable comes from that is neither configured nor a header. */
const ORIGINS: Readonly<Record<string, string>> = {
  GATEWAY_INTERFACE: "always",
  SERVER_SOFTWARE: "always",
  REDIRECT_STATUS: "always, since php-cgi refuses without it",
  REQUEST_METHOD: "the request",
  REQUEST_URI: "the request, as it came",
  QUERY_STRING: "the request, as it came",
  SERVER_PROTOCOL: "the request",
  REQUEST_SCHEME: "the connection",
  HTTPS: "the connection",
  SSL_PROTOCOL: "the connection",
  SSL_CIPHER: "the connection",
  SSL_TLS_SNI: "the name that the client asked TLS for",
  SERVER_NAME: "the Host header",
  SERVER_PORT: "the connection",
  SERVER_ADDR: "the connection",
  REMOTE_ADDR: "the connection",
  REMOTE_PORT: "the connection",
  REMOTE_USER: "the password that was right",
  AUTH_TYPE: "the route's password file",
  CONTENT_LENGTH: "the body, once it is complete",
  CONTENT_TYPE: "the Content-Type header",
  SCRIPT_NAME: "the path up to its script",
  PATH_INFO: "the path behind its script",
  PATH_TRANSLATED: "DOCUMENT_ROOT and PATH_INFO",
  DOCUMENT_URI: "SCRIPT_NAME and PATH_INFO",
  SCRIPT_FILENAME: "DOCUMENT_ROOT and the script",
};

const OF_CLIENT: ReadonlySet<string> = new Set([
  "REQUEST_SCHEME",
  "HTTPS",
  "SERVER_NAME",
  "SERVER_PORT",
  "REMOTE_ADDR",
  "REMOTE_PORT",
]);

/** The params of a request as they would be sent, each with its origin; sorted by name. */
export function explainParams(
  params: ParamList,
  served: ServedRequest,
  route: ResolvedFastCGIRoute,
  mount: string,
): ExplainedParam[] {
  const explained: ExplainedParam[] = [];
  for (const [name, value] of decodeNameValues(encodeNameValues(params))) {
    explained.push({ name, value, origin: originOf(name, served, route, mount) });
  }
  return explained.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function originOf(name: string, served: ServedRequest, route: ResolvedFastCGIRoute, mount: string): string {
  if (route.params.has(name)) return "params of the route";
  if (name.startsWith("HTTP_")) return headerOrigin(name, served);
  if (OF_CLIENT.has(name) && served.believed) return "a proxy in trustProxy";
  if (name === "DOCUMENT_ROOT") return rootOrigin(route);
  if (name === "QUERY_STRING" && served.redirects > 0) return "the request, after its rewrites";
  if (name === "SCRIPT_NAME" && route.extensions.length === 0)
    return mount === "" ? "empty: the application has every path" : "the mount of the route";
  if (name === "PATH_INFO" && route.extensions.length === 0)
    return mount === "" ? "the path" : "the path below the mount";
  return ORIGINS[name] ?? "the gateway";
}

function headerOrigin(name: string, served: ServedRequest): string {
  const header = name.slice("HTTP_".length).toLowerCase().replaceAll("_", "-");
  if (!served.believed && header === "x-forwarded-for") return "the client's address, in place of what it said";
  if (served.believed && header === "host") return "a proxy in trustProxy, or the Host header";
  return `the ${header} header`;
}

function rootOrigin(route: ResolvedFastCGIRoute): string {
  if (route.rootOnBackend !== undefined) return "rootOnBackend of the route";
  return route.resolveRoot ? "root, without its links (resolveRoot)" : "root";
}
