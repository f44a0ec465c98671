import { FastCGIError } from "@x/protocol/errors";

import type { MockCall } from "./mock-call.ts";
import { describeMatcher, matches } from "./mock-matcher.ts";
import type { MockMatcher } from "./mock-matcher.ts";
import type { MockReply, MockReplyCallback } from "./mock-reply.ts";

/** What a reply waits for: ms, a promise, or a function that gives one. */
export type MockDelay = number | Promise<unknown> | ((call: MockCall) => Promise<unknown>);

/** What an intercepted request comes to. */
export type MockOutcome =
  | { kind: "reply"; reply: MockReply | MockReplyCallback }
  | { kind: "raw"; stdout: Uint8Array }
  | { kind: "error"; error: FastCGIError };

/** An interceptor with its reply: how often it holds, and what comes with it. */
export class MockScope {
  readonly #matcher: MockMatcher;
  readonly #outcome: MockOutcome;
  #left = 1;
  #used = 0;
  #delay: MockDelay = 0;
  #stderr = "";
  #appStatus = 0;

  /** @param outcome what its requests come to; `intercept()` of a mock makes it */
  constructor(matcher: MockMatcher, outcome: MockOutcome) {
    this.#matcher = matcher;
    this.#outcome = outcome;
  }

  /** Holds for so many requests; without it for one. */
  times(count: number): this {
    if (!Number.isInteger(count) || count < 1) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `times() takes a whole number of at least 1, not ${count}.`);
    }
    this.#left = count;
    return this;
  }

  /** Holds for any number of requests. It is pending until the first one came. */
  persist(): this {
    this.#left = Infinity;
    return this;
  }

  /** Answers when so many ms have passed, or better when something has happened. */
  delay(until: MockDelay): this {
    this.#delay = until;
    return this;
  }

  /** What comes on FCGI_STDERR before the answer. */
  stderr(text: string): this {
    this.#stderr = text;
    return this;
  }

  /** The application's exit status in END_REQUEST; 0 without it. */
  appStatus(status: number): this {
    this.#appStatus = status;
    return this;
  }

  /** Does it wait for requests that have to come? */
  get pending(): boolean {
    return this.#left === Infinity ? this.#used === 0 : this.#left > 0;
  }

  /** `GET /path (2 more)` */
  toString(): string {
    return `${describeMatcher(this.#matcher)} (${this.#left === Infinity ? "any number" : `${this.#left} more`})`;
  }

  /** For the backend: takes the request if it is for this one. */
  take(call: MockCall): MockScript | undefined {
    if (this.#left === 0 || !matches(this.#matcher, call)) return undefined;
    this.#left--;
    this.#used++;
    return { outcome: this.#outcome, delay: this.#delay, stderr: this.#stderr, appStatus: this.#appStatus };
  }
}

/** How one request is to be answered. */
export interface MockScript {
  outcome: MockOutcome;
  delay: MockDelay;
  stderr: string;
  appStatus: number;
}
