/** An answer that stands in the configuration. */
export interface ResolvedRespond {
  readonly status: number;
  /** Names and values. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Where a client is sent. */
export interface ResolvedRedirect {
  /** A template. */
  readonly to: string;
  readonly status: number;
}
