/** Why a request is answered as it is: what the gateway looked at, in order, and what came of it. Nothing was asked of an application. */
export interface Explanation {
  readonly request: ExplainedRequest;
  readonly steps: readonly ExplainedStep[];
  /** What an application would be asked; undefined: none would. */
  readonly application: ExplainedApplication | undefined;
  /** What the gateway answers by itself; undefined: an application answers. */
  readonly answer: ExplainedAnswer | undefined;
}

/** A request, as it was understood. */
export interface ExplainedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  readonly host: string | undefined;
  /** Decoded and clean: what routes and files are compared with. */
  readonly path: string;
  readonly scheme: "http" | "https";
  /** The client's address; undefined: a UNIX socket. */
  readonly client: string | undefined;
}

/** One decision. */
export type ExplainedStep =
  /** A route was looked at. `reason`: the condition that does not hold. */
  | { readonly kind: "route"; readonly index: number; readonly matches: boolean; readonly reason: string }
  /** A file was looked for. */
  | { readonly kind: "file"; readonly path: string; readonly found: string }
  /** The path was cut after its script. */
  | { readonly kind: "script"; readonly scriptName: string; readonly pathInfo: string }
  /** The request starts over with another path. */
  | { readonly kind: "rewrite"; readonly path: string; readonly query: string }
  /** Anything else that was decided, in one sentence. */
  | { readonly kind: "note"; readonly text: string };

/** A question to an application. */
export interface ExplainedApplication {
  readonly upstream: string;
  /** Tried from one after the other on; empty: chosen when its process starts. */
  readonly addresses: readonly string[];
  readonly params: readonly ExplainedParam[];
}

/** One param, and where it comes from. */
export interface ExplainedParam {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
}

/** An answer of the gateway's own. */
export interface ExplainedAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Why, for an error. */
  readonly reason: string | undefined;
}
