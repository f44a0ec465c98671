/** An answer that stands in the configuration. */
export interface ResolvedRespond {
  /** The status code. */
  readonly status: number;
  /** Names and values. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body, sent as UTF-8. */
  readonly body: string;
}

/** Where a client is sent. */
export interface ResolvedRedirect {
  /** A template. */
  readonly to: string;
  /** The status code. */
  readonly status: number;
}
