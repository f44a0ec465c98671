/** What may stand in a path as it is (RFC 3986 §3.3) and means nothing elsewhere. */
// oxlint-disable-next-line no-control-regex -- latin-1: one character a byte
const ESCAPED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

/** A decoded path as it stands in a URL again; both latin-1. */
export function encodePath(path: string): string {
  return path.replace(
    ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
