import { createHash } from "node:crypto";

import { type BalancedRequest, type Candidate, type Policy, weighted } from "@x/client";
import type { ParamList } from "@x/protocol";

/**
 * Keeps a client at one address by a cookie (nginx `sticky cookie`, HAProxy `cookie … insert`). Its value is made of the address, so that
 * several proxies agree without a word, and does not show it.
 */
export class StickyCookie {
  readonly #name: string;
  readonly #marks = new Map<string, string>();
  readonly #others = weighted();

  constructor(name: string) {
    this.#name = name;
  }

  /** The address that the request names; by weight, if it names none of them. */
  readonly policy: Policy = (candidates, request: BalancedRequest) => {
    return this.find(candidates, request.params) ?? this.#others(candidates, request);
  };

  /** The one that the request names; undefined: none of them. */
  find(candidates: readonly Candidate[], params: ParamList): Candidate | undefined {
    const mark = this.#find(params);
    return mark === undefined ? undefined : candidates.find(({ address }) => this.#mark(address) === mark);
  }

  /** What to tell the client that was served at `address`: names and values of headers, none if it knows. */
  headers(params: ParamList, address: string, secure: boolean): string[] {
    const mark = this.#mark(address);
    if (this.#find(params) === mark) return [];
    return ["Set-Cookie", `${this.#name}=${mark}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`];
  }

  #find({ names, values }: ParamList): string | undefined {
    const header = values[names.indexOf("HTTP_COOKIE")];
    if (typeof header !== "string") return undefined;
    for (const pair of header.split(";")) {
      const equals = pair.indexOf("=");
      if (equals > 0 && pair.slice(0, equals).trim() === this.#name) return pair.slice(equals + 1).trim();
    }
    return undefined;
  }

  #mark(address: string): string {
    let mark = this.#marks.get(address);
    if (mark === undefined) {
      mark = createHash("sha256").update(address, "latin1").digest("base64url").slice(0, 16);
      this.#marks.set(address, mark);
    }
    return mark;
  }
}
