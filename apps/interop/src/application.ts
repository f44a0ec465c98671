/**
 * The application that every peer runs, in its own language (fixtures/site/application.php, fixtures/{c,perl,python,ruby},
 * fixtures/go/main.go, src/applications/node.ts). What it does is told by the query:
 *
 * - `mode=echo` (default): JSON {@link Echo} of what arrived
 * - `mode=status&code=N`: status N, body `status N` (none for 204 and 304)
 * - `mode=bytes&size=N`: N bytes, 0 to 255 over and over
 * - `mode=count`: how many bytes of a body arrived, as text (Go, PHP and Node)
 * - `mode=headers`: two Set-Cookie, `X-Latin1: caf<E9>`, body `headers`
 * - `mode=stderr`: a line for the log, body `stderr` (not Go, not uWSGI)
 * - `mode=empty`: 200 without a body
 * - `mode=redirect`: 302 to `/elsewhere?x=1`
 * - `mode=die`: the process kills itself before the head
 * - `mode=die-late`: … after the head and 100,000 bytes
 */
export interface Echo {
  pid: number;
  params: Record<string, string>;
  form?: Record<string, string>;
  length: number;
  sha256: string;
}

/** What `mode=bytes` answers. */
export function patternBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = at & 0xff;
  return bytes;
}
