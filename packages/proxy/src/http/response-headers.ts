/** Of one connection, not of the message (RFC 9110 §7.6.1): framing on the client's side is ours. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Orders to a web server, which name files and internal paths: never for a client's eyes. */
const SERVER_ORDERS: ReadonlySet<string> = new Set([
  "x-sendfile",
  "x-sendfile2",
  "x-lighttpd-send-file",
  "x-reproxy-url",
  "reproxy",
]);

/**
 * The headers of an application's response as a client may see them: hop-by-hop headers, those that its Connection header names,
 * `X-Accel-*`, `X-Sendfile` and `X-CGI-*` (RFC 3875 §6.3.5) are gone; all others keep their order and repetitions.
 *
 * @param rawHeaders names and values in turn; changed in place
 * @param statusCode 204 has no Content-Length (RFC 9110 §8.6), and 205 none but 0, which is for the front to say (§15.3.6)
 */
export function cleanResponseHeaders(rawHeaders: string[], statusCode: number): string[] {
  let nominated: Set<string> | undefined;
  let kept = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    if (maybeDropped(name)) {
      const lower = name.toLowerCase();
      if (lower === "connection") nominated = nominate(nominated, value);
      if (isDropped(lower, statusCode)) continue;
    }
    rawHeaders[kept++] = name;
    rawHeaders[kept++] = value;
  }
  // Said only when it changes: V8 leaves compiled code for it.
  if (kept < rawHeaders.length) rawHeaders.length = kept;
  return nominated === undefined ? rawHeaders : withoutNominated(rawHeaders, nominated);
}

/** Nearly all names are sorted out by a letter and their length: those that are left are put into lower case and looked up. */
function maybeDropped(name: string): boolean {
  const { length } = name;
  switch (name.charCodeAt(0) | 0x20) {
    case 0x63: // c: Connection, Content-Length
      return length === 10 || length === 14;
    case 0x6b: // k: Keep-Alive
      return length === 10;
    case 0x70: // p: Proxy-Connection is the shortest
      return length >= 16;
    case 0x72: // r: Reproxy
    case 0x75: // u: Upgrade
      return length === 7;
    case 0x74: // t: TE, Trailer, Transfer-Encoding
      return length === 2 || length === 7 || length === 17;
    case 0x78: // x
      return isOrderLetter(name.charCodeAt(2) | 0x20);
    default:
      return false;
  }
}

/** What stands behind `X-` in the names of orders: a(ccel), c(gi), l(ighttpd), r(eproxy), s(endfile). */
function isOrderLetter(letter: number): boolean {
  return letter === 0x61 || letter === 0x63 || letter === 0x6c || letter === 0x72 || letter === 0x73;
}

function isDropped(lower: string, statusCode: number): boolean {
  return (
    HOP_BY_HOP.has(lower) ||
    SERVER_ORDERS.has(lower) ||
    lower.startsWith("x-accel-") ||
    lower.startsWith("x-cgi-") ||
    ((statusCode === 204 || statusCode === 205) && lower === "content-length")
  );
}

function nominate(nominated: Set<string> | undefined, value: string): Set<string> {
  const names = nominated ?? new Set<string>();
  for (const option of value.split(",")) names.add(option.trim().toLowerCase());
  // What says where the message ends is not the application's to take away.
  names.delete("content-length");
  names.delete("content-type");
  return names;
}

function withoutNominated(rawHeaders: string[], nominated: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!nominated.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
  }
  return kept;
}
