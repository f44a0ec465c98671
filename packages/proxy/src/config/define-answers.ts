/** An answer that stands in the configuration. */
export interface RespondConfig {
  /** @default 200 */
  status?: number | undefined;
  /** @default "" */
  body?: string | undefined;
  /** @default Content-Type: text/plain; charset=utf-8 */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Where a client is sent. */
export interface RedirectConfig {
  /**
   * A path or an address. `{scheme}`, `{host}` (with its port), `{hostname}` (without), `{path}`, `{query}`, `{uri}` (path and query) are those of the request,
   * `$1` to `$9` the groups of `match.regex`.
   */
  to: string;
  /** 301, 302, 303, 307 or 308. @default 302 */
  status?: number | undefined;
}
