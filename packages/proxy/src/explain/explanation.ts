/** Why a request is answered as it is: what the gateway looked at, in order, and what came of it. Nothing was asked of an application. */
export interface Explanation {
  /** The request, as it was understood. */
  readonly request: ExplainedRequest;
  /** The decisions, in order. */
  readonly steps: readonly ExplainedStep[];
  /** What an application would be asked; undefined: none would. */
  readonly application: ExplainedApplication | undefined;
  /** What the gateway answers by itself; undefined: an application answers. */
  readonly answer: ExplainedAnswer | undefined;
}

/** A request, as it was understood. */
export interface ExplainedRequest {
  /** The method. */
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** Without its port; undefined: the request names none. */
  readonly host: string | undefined;
  /** Decoded and clean: what routes and files are compared with. */
  readonly path: string;
  /** Of the connection, or as a trusted proxy says. */
  readonly scheme: "http" | "https";
  /** The client's address; undefined: a UNIX socket. */
  readonly client: string | undefined;
}

/** A route was looked at. */
export interface ExplainedRoute {
  /** What kind of decision. */
  readonly kind: "route";
  /** Its position in the configuration. */
  readonly index: number;
  /** Does it take the request? */
  readonly matches: boolean;
  /** The condition that does not hold, or why it does. */
  readonly reason: string;
}

/** A file was looked for. */
export interface ExplainedFile {
  /** What kind of decision. */
  readonly kind: "file";
  /** Where. */
  readonly path: string;
  /** What is there, in words. */
  readonly found: string;
}

/** The path was cut after its script. */
export interface ExplainedScript {
  /** What kind of decision. */
  readonly kind: "script";
  /** SCRIPT_NAME */
  readonly scriptName: string;
  /** PATH_INFO */
  readonly pathInfo: string;
}

/** The request starts over with another path. */
export interface ExplainedRewrite {
  /** What kind of decision. */
  readonly kind: "rewrite";
  /** The new path. */
  readonly path: string;
  /** The new query, without its question mark. */
  readonly query: string;
}

/** Anything else that was decided. */
export interface ExplainedNote {
  /** What kind of decision. */
  readonly kind: "note";
  /** One sentence. */
  readonly text: string;
}

/** One decision. */
export type ExplainedStep = ExplainedRoute | ExplainedFile | ExplainedScript | ExplainedRewrite | ExplainedNote;

/** Where an application is asked. */
export interface ExplainedAddresses {
  /** Those that may get the request; empty: chosen when its process starts. */
  readonly addresses: readonly string[];
  /** Why these, and which of them, in words. */
  readonly choice: string;
  /** Those that would not get it. */
  readonly others: readonly ExplainedOther[];
}

/** An address that would not get a request. */
export interface ExplainedOther {
  /** As it is configured. */
  readonly address: string;
  /** Why not, in words. */
  readonly reason: string;
}

/** A question to an application. */
export interface ExplainedApplication extends ExplainedAddresses {
  /** Name of the upstream. */
  readonly upstream: string;
  /** All that it would get, in order. */
  readonly params: readonly ExplainedParam[];
}

/** One param, and where it comes from. */
export interface ExplainedParam {
  /** Its name. */
  readonly name: string;
  /** Its value, latin-1. */
  readonly value: string;
  /** Where the value comes from, in words. */
  readonly origin: string;
}

/** An answer of the gateway's own. */
export interface ExplainedAnswer {
  /** The status code. */
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Why, for an error. */
  readonly reason: string | undefined;
}
