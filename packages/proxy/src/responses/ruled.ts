import type { ResolvedResponseRules } from "../config/response-config.ts";
import type { Handler } from "../handlers/handler.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { RuledResponse } from "./ruled-response.ts";

/** Puts rules between a handler and the client. */
export class RuledHandler implements Handler {
  readonly traces: true | undefined;
  readonly #rules: ResolvedResponseRules;
  readonly #next: Handler;

  constructor(rules: ResolvedResponseRules, next: Handler) {
    this.traces = next.traces;
    this.#rules = rules;
    this.#next = next;
  }

  handle(served: ServedRequest): void {
    served.errorPages = this.#rules.errorPages;
    served.interceptErrors = this.#rules.interceptErrors;
    served.response = new RuledResponse(served.front, this.#rules, served);
    this.#next.handle(served);
  }
}

/** Do the rules change nothing? Then nothing should stand in the way. */
export function isEmpty({ remove, set, add, hsts, compress, errorPages }: ResolvedResponseRules): boolean {
  return (
    remove.length + set.length + add.length + errorPages.size === 0 && hsts === undefined && compress === undefined
  );
}
