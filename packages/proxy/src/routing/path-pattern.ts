import picomatch from "picomatch";

/** Does a pattern match a clean path (latin-1, one character a byte)? */
export type PathTest = (path: string) => boolean;

/**
 * Compiles a path pattern: `/exact`, `/below/*` (everything below, at any depth: the prefix ends at a slash, so that `/img/*` never
 * covers `/imgsecret`), or a glob, where `*` stays in one segment, `**` does not, and a pattern without slash looks at the file name
 * alone. Case counts.
 */
export function compilePathPattern(pattern: string): PathTest {
  // The path is bytes: so are the letters of the pattern.
  const bytes = Buffer.from(pattern, "utf8").toString("latin1");
  if (bytes === "*" || bytes === "/*" || bytes === "/**") return () => true;
  if (!isGlob(bytes)) return (path) => path === bytes;
  const prefix = /^(.*\/)\*{1,2}$/.exec(bytes)?.[1];
  if (prefix !== undefined && !isGlob(prefix)) return (path) => path.startsWith(prefix);
  const anywhere = bytes.startsWith("/") ? bytes : `**/${bytes}`;
  const deep = anywhere.endsWith("/*") ? `${anywhere}*` : anywhere;
  return picomatch(deep, { dot: true, noextglob: true, nonegate: true, strictSlashes: true });
}

/** The first segment of every path that a pattern can match; undefined: there are several. */
export function firstSegment(pattern: string): string | undefined {
  const found = /^\/([^/]*)(\/|$)/.exec(Buffer.from(pattern, "utf8").toString("latin1"));
  const segment = found?.[1];
  return segment === undefined || isGlob(segment) ? undefined : segment;
}

function isGlob(pattern: string): boolean {
  return /[*?[\]{}!()\\]/.test(pattern);
}
