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
  rawHeaders.length = kept;
  return nominated === undefined ? rawHeaders : withoutNominated(rawHeaders, nominated);
}

/** Nearly all names are sorted out by their first letter. */
function maybeDropped(name: string): boolean {
  switch (name.charCodeAt(0) | 0x20) {
    case 0x63: // c
    case 0x6b: // k
    case 0x70: // p
    case 0x72: // r
    case 0x74: // t
    case 0x75: // u
    case 0x78: // x
      return true;
    default:
      return false;
  }
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
