import { encodeNameValues } from "../name-values.ts";
import type { ParamsInput } from "../param-list.ts";
import { ParamList, toParamList } from "../param-list.ts";

/** What stays the same for each request of one route. Strings are latin-1, one character a byte. */
export interface StaticDescription {
  /** SERVER_SOFTWARE (RFC 3875 §4.1.17), such as `x-proxy/1.2.0`. */
  serverSoftware: string;
  /** DOCUMENT_ROOT, as the application sees it. */
  documentRoot?: string | undefined;
  /** SERVER_NAME, when it does not follow the Host header. */
  serverName?: string | undefined;
  /** SERVER_ADDR, when there is one listening address. */
  serverAddress?: string | undefined;
  /** SERVER_PORT, when there is one listening address. */
  serverPort?: number | undefined;
  /** REQUEST_SCHEME, and HTTPS=on for https, when there is one listening address. */
  scheme?: "http" | "https" | undefined;
  /**
   * Configured variables (nginx `fastcgi_param`, Apache `SetEnv`). They win over each variable of the same
   * name, from wherever it comes, and are sent once; of equal names among them the last wins.
   */
  params?: ParamsInput | undefined;
}

/** Variables encoded once, made by {@link staticMetaVariables}. */
export interface StaticMetaVariables {
  /** The pairs in wire form: `new ParamList(fixed.encoded)`. */
  readonly encoded: Uint8Array;
  /** The names that are settled, which `addMetaVariables` leaves alone. */
  readonly names: ReadonlySet<string>;
  /** Bit n: one of the names has n letters, modulo 32. Nearly all other names are told apart by it, without a look at the set. */
  readonly lengths?: number;
}

/**
 * Encodes the variables that do not vary from request to request, so that a request only copies them.
 * FastCGI gives no order to the pairs of a request (FastCGI 1.0 §3.4).
 *
 * @example
 * const fixed = staticMetaVariables({ serverSoftware: "x-proxy/1.2.0", params: { APP_ENV: "prod" } });
 * const params = new ParamList(fixed.encoded);      // for each request
 * addMetaVariables(params, description, fixed);
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a NUL or a character above U+00FF,
 * `FCGI_ERR_PARAM_TOO_LARGE` when all of it exceeds one record of 65,528 bytes
 */
export function staticMetaVariables(description: StaticDescription): StaticMetaVariables {
  const { documentRoot, serverName, serverAddress, serverPort, scheme, params } = description;
  const pairs = new Map<string, string | Uint8Array>([
    ["GATEWAY_INTERFACE", GATEWAY_INTERFACE],
    ["SERVER_SOFTWARE", description.serverSoftware],
    ["REDIRECT_STATUS", REDIRECT_STATUS],
  ]);
  if (documentRoot !== undefined) pairs.set("DOCUMENT_ROOT", documentRoot);
  if (serverName !== undefined) pairs.set("SERVER_NAME", serverName);
  if (serverAddress !== undefined) pairs.set("SERVER_ADDR", serverAddress);
  if (serverPort !== undefined) pairs.set("SERVER_PORT", String(serverPort));
  if (scheme !== undefined) pairs.set("REQUEST_SCHEME", scheme);
  if (scheme === "https") pairs.set("HTTPS", "on");
  if (params !== undefined) {
    const configured = toParamList(params);
    configured.names.forEach((name, at) => pairs.set(name, configured.values[at] as string | Uint8Array));
  }
  const { preEncoded: encoded } = new ParamList(encodeNameValues(pairs));
  const names = new Set(pairs.keys());
  // A fixed scheme settles HTTPS too: for http by leaving it out.
  if (scheme !== undefined) names.add("HTTPS");
  let lengths = 0;
  for (const name of names) lengths |= 1 << name.length;
  return { encoded: encoded as Uint8Array, names, lengths };
}

/** RFC 3875 §4.1.4. */
export const GATEWAY_INTERFACE = "CGI/1.1";

/** Without it php-cgi believes that it was called directly, and refuses (`cgi.force_redirect`). */
export const REDIRECT_STATUS = "200";
