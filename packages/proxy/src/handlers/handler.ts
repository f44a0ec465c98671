import type { ServedRequest } from "../http/served-request.ts";

/** Answers the requests of one route. */
export interface Handler {
  /** Answers `served`, now or later; whatever happens, it ends in `served.settle()`. */
  handle(served: ServedRequest): void;
  /** Does it say what it decides to `served.trace`, when that is there, and ask no application then? */
  readonly traces?: true | undefined;
}
