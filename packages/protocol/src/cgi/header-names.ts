/**
 * Header names and the meta-variables that carry them (RFC 3875 §4.1.18), both ways.
 *
 * Only names of letters, digits and hyphens become variables. `-` becomes `_`, so any other name would
 * look like another header to the application: `X_Forwarded_For` like `X-Forwarded-For`, and in PHP also
 * `X.Forwarded.For` (CVE-2026-52845). Within those names no two headers share a variable.
 */

/** Headers that are no header of the application's, by their lower-case names. */
const WITHHELD: ReadonlySet<string> = new Set([
  // A variable HTTP_PROXY configures HTTP clients inside the application (httpoxy, CVE-2016-5385).
  "proxy",
  // php-cgi would take HTTP_REDIRECT_STATUS for the server's own REDIRECT_STATUS (CVE-2024-8927).
  "redirect-status",
  // Applications ask HTTPS, and some HTTP_HTTPS, whether the connection is encrypted.
  "https",
  // CONTENT_TYPE and CONTENT_LENGTH carry them; a second copy could differ (RFC 3875 §4.1.18).
  "content-type",
  "content-length",
  // Of one connection, not of the request (RFC 9110 §7.6.1); bodies arrive without transfer coding.
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The variable of the Content-Type header, the one that is not called HTTP_*. */
export const CONTENT_TYPE = "CONTENT_TYPE";
/** What {@link variableOf} says of the Connection header, which names other headers to be left out. */
export const CONNECTION = "connection";
/** What stands for no variable and no header. */
export const NONE = "";

/** Entries at most; a stranger who sends ever new names empties the cache and slows nobody for long. */
const CACHE_SIZE = 512;
const CACHED_NAME_LENGTH = 64;
const variables = new Map<string, string>();
const headers = new Map<string, string>();

/**
 * Which variable a header goes into.
 *
 * @returns `HTTP_…`, {@link CONTENT_TYPE}, {@link CONNECTION}, or {@link NONE}
 */
export function variableOf(name: string): string {
  const known = variables.get(name);
  if (known !== undefined) return known;
  const variable = makeVariable(name);
  if (name.length <= CACHED_NAME_LENGTH) {
    if (variables.size >= CACHE_SIZE) variables.clear();
    variables.set(name, variable);
  }
  return variable;
}

function makeVariable(name: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(name)) return NONE;
  const lower = name.toLowerCase();
  if (lower === "content-type") return CONTENT_TYPE;
  if (lower === "connection") return CONNECTION;
  if (WITHHELD.has(lower)) return NONE;
  return `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * The meta-variable of a request header: `X-Forwarded-For` → `HTTP_X_FORWARDED_FOR`.
 *
 * @returns undefined for a header that never becomes a variable: a name with other characters than
 * letters, digits and hyphens, `Proxy`, `Https` and `Redirect-Status`, Content-Type and Content-Length
 * (they have variables of their own), and the headers of one connection
 */
export function headerToParam(name: string): string | undefined {
  const variable = variableOf(name);
  return variable === NONE || variable === CONTENT_TYPE || variable === CONNECTION ? undefined : variable;
}

/**
 * The request header that a meta-variable carries, in lower case: `HTTP_ACCEPT` → `accept`,
 * `CONTENT_TYPE` → `content-type`.
 *
 * @returns undefined for any other variable, and for the names that {@link headerToParam} never makes:
 * some servers send HTTP_PROXY, and HTTP_CONTENT_TYPE beside CONTENT_TYPE
 */
export function paramToHeader(name: string): string | undefined {
  const known = headers.get(name);
  if (known !== undefined) return known === NONE ? undefined : known;
  const header = makeHeader(name);
  if (name.length <= CACHED_NAME_LENGTH) {
    if (headers.size >= CACHE_SIZE) headers.clear();
    headers.set(name, header);
  }
  return header === NONE ? undefined : header;
}

function makeHeader(name: string): string {
  if (name === CONTENT_TYPE) return "content-type";
  if (name === "CONTENT_LENGTH") return "content-length";
  if (!/^HTTP_[A-Z0-9_]+$/.test(name)) return NONE;
  const header = name.slice(5).toLowerCase().replaceAll("_", "-");
  return WITHHELD.has(header) ? NONE : header;
}
