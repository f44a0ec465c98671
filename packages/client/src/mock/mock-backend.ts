import { setTimeout as pause } from "node:timers/promises";

import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { FastCGIErrorCode } from "@x/protocol/errors";

import { copyOf } from "../pool-errors.ts";
import type { HeadersInput } from "../request-description.ts";
import type { MockCall } from "./mock-call.ts";
import type { MockMatcher } from "./mock-matcher.ts";
import { stdoutOf } from "./mock-reply.ts";
import type { MockBody, MockReply, MockReplyCallback } from "./mock-reply.ts";
import { MockScope } from "./mock-scope.ts";
import type { MockDelay, MockOutcome, MockScript } from "./mock-scope.ts";

/** Where an answer goes. */
export interface MockAnswer {
  /** Resolved when more may come. */
  stdout(chunk: Uint8Array): Promise<void>;
  stderr(chunk: Uint8Array): void;
  end(appStatus: number): Promise<void> | void;
  fail(error: FastCGIError): void;
}

/** Interceptors and the record of what came: what `MockDispatcher` and `MockApplication` share. */
export class MockBackend {
  readonly #calls: MockCall[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  #scopes: MockScope[] = [];

  /** All requests that came, in order, also those that nobody expected. */
  get calls(): readonly MockCall[] {
    return this.#calls;
  }

  /** Expects requests; the reply is said next. The first interceptor that fits, and is not used up, answers. */
  intercept(matcher: MockMatcher): MockInterceptor {
    return new MockInterceptor((outcome) => {
      const scope = new MockScope(matcher, outcome);
      this.#scopes.push(scope);
      return scope;
    });
  }

  /** Resolved when so many requests have come since the start. */
  async received(count: number): Promise<void> {
    if (this.#calls.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Interceptors that still wait for requests, as text. */
  pendingInterceptors(): string[] {
    return this.#scopes.filter(({ pending }) => pending).map(String);
  }

  /** @throws Error when requests have not come that were expected, naming them */
  assertNoPendingInterceptors(): void {
    const pending = this.pendingInterceptors();
    if (pending.length === 0) return;
    throw new Error(
      `${pending.length} ${pending.length === 1 ? "interceptor has" : "interceptors have"} not been used: ${pending.join("; ")}.`,
    );
  }

  /** Forgets interceptors and calls. */
  clear(): void {
    this.#scopes = [];
    this.#calls.length = 0;
  }

  /** For the mocks: answers a request. Never rejects. */
  async answer(call: MockCall, answer: MockAnswer): Promise<void> {
    let script: MockScript | undefined;
    for (const scope of this.#scopes) {
      script = scope.take(call);
      if (script !== undefined) break;
    }
    call.matched = script !== undefined;
    this.#record(call);
    try {
      if (script === undefined) throw this.#notExpected(call);
      await play(script, call, answer);
    } catch (error) {
      if (call.signal.aborted) return;
      answer.fail(
        FastCGIError.from(error, "FCGI_ERR_ABORTED", {
          message: `The mock's reply to ${call.method} ${call.path} failed: ${String(error)}`,
        }),
      );
    }
  }

  #record(call: MockCall): void {
    this.#calls.push(call);
    for (const waiter of this.#waiting.splice(0)) {
      if (this.#calls.length >= waiter.count) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  #notExpected({ method, path, params }: MockCall): FastCGIError {
    const file = params["SCRIPT_FILENAME"];
    const expected = this.#scopes.map(String).join("; ");
    return new FastCGIError(
      "FCGI_ERR_MOCK_NOT_MATCHED",
      `No interceptor fits ${method} ${path}${file === undefined ? "" : ` (SCRIPT_FILENAME=${file})`}; there ${expected === "" ? "are none" : `are: ${expected}`}.`,
      { phase: "request" },
    );
  }
}

/** What `intercept()` gives: the requests are named, the reply is not yet. */
export class MockInterceptor {
  readonly #add: (outcome: MockOutcome) => MockScope;

  /** @param add for the backend that is asked */
  constructor(add: (outcome: MockOutcome) => MockScope) {
    this.#add = add;
  }

  /** Answers with a response, or with what a function makes of the request. */
  reply(callback: MockReplyCallback): MockScope;
  reply(statusCode: number, body?: MockBody, headers?: HeadersInput): MockScope;
  reply(first: number | MockReplyCallback, body?: MockBody, headers?: HeadersInput): MockScope {
    const reply: MockReply | MockReplyCallback =
      typeof first === "function" ? first : { statusCode: first, body, headers };
    return this.#add({ kind: "reply", reply });
  }

  /** Answers with these bytes on FCGI_STDOUT, head and all: for heads that no response should have. */
  replyRaw(stdout: string | Uint8Array): MockScope {
    return this.#add({ kind: "raw", stdout: typeof stdout === "string" ? Buffer.from(stdout, "latin1") : stdout });
  }

  /**
   * The request fails: with a `FastCGIError`, with one of that code, or with `FCGI_ERR_SOCKET` whose cause the error is. On a
   * socket, OVERLOADED, CANT_MULTIPLEX and UNKNOWN_ROLE go out as such; for any other the connection is cut.
   */
  replyWithError(error: Error | FastCGIErrorCode): MockScope {
    return this.#add({ kind: "error", error: toFailure(error) });
  }
}

async function play(script: MockScript, call: MockCall, answer: MockAnswer): Promise<void> {
  const { outcome, delay, stderr, appStatus } = script;
  await wait(delay, call);
  if (call.signal.aborted) return;
  if (stderr !== "") answer.stderr(Buffer.from(stderr));
  switch (outcome.kind) {
    case "error":
      return answer.fail(copyOf(outcome.error));
    case "raw":
      await answer.stdout(outcome.stdout);
      break;
    case "reply": {
      const reply = typeof outcome.reply === "function" ? await outcome.reply(call) : outcome.reply;
      for await (const chunk of stdoutOf(reply)) {
        if (call.signal.aborted) return;
        await answer.stdout(chunk);
      }
    }
  }
  await answer.end(appStatus);
}

async function wait(delay: MockDelay, call: MockCall): Promise<void> {
  if (delay === 0) return;
  if (typeof delay === "number") await pause(delay, undefined, { signal: call.signal });
  else await (typeof delay === "function" ? delay(call) : delay);
}

function toFailure(error: Error | FastCGIErrorCode): FastCGIError {
  if (typeof error === "string") return new FastCGIError(error, `The mock fails with ${error}.`);
  if (isFastCGIError(error)) return error;
  return new FastCGIError("FCGI_ERR_SOCKET", error.message, { cause: error });
}
