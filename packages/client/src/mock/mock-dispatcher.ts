import type { FastCGIError } from "@x/protocol/errors";

import { abortError } from "../dispatch-errors.ts";
import { findTooLargeParam, planDispatch } from "../dispatch-plan.ts";
import { Dispatcher } from "../dispatcher.ts";
import type { DispatchController, DispatcherStats, DispatchHandler, DispatchOptions } from "../dispatcher.ts";
import { closedError, copyOf, destroyedError } from "../pool-errors.ts";
import { poolSettings } from "../pool-options.ts";
import { MockBackend } from "./mock-backend.ts";
import type { MockInterceptor } from "./mock-backend.ts";
import type { MockCall } from "./mock-call.ts";
import type { MockMatcher } from "./mock-matcher.ts";
import { MockRequest } from "./mock-request.ts";

/**
 * A dispatcher without an application: give it to the code under test in the place of its `Pool`. Answers come by
 * the same rules: never before `dispatch` returns, chunks that are valid until the callback returns, timeouts, aborts.
 *
 * @example
 * const php = new MockDispatcher();
 * php.intercept({ path: "/login", method: "POST", body: /user=ada/ }).reply(302, null, { Location: "/" });
 */
export class MockDispatcher extends Dispatcher {
  readonly #backend: MockBackend;
  readonly #settings = poolSettings({});
  #running: MockRequest[] = [];
  #ending: FastCGIError | undefined;
  #onDrained: (() => void)[] = [];

  /** @param backend one that is shared with others */
  constructor(backend: MockBackend = new MockBackend()) {
    super();
    this.#backend = backend;
  }

  /** `mock:` in errors and messages. */
  get address(): string {
    return "mock:";
  }

  /** As {@link MockBackend.calls}. */
  get calls(): readonly MockCall[] {
    return this.#backend.calls;
  }

  override get stats(): DispatcherStats {
    return { active: this.#running.length, queued: 0 };
  }

  /** As {@link MockBackend.intercept}. */
  intercept(matcher: MockMatcher): MockInterceptor {
    return this.#backend.intercept(matcher);
  }

  /** As {@link MockBackend.received}. */
  received(count: number): Promise<void> {
    return this.#backend.received(count);
  }

  /** As {@link MockBackend.pendingInterceptors}. */
  pendingInterceptors(): string[] {
    return this.#backend.pendingInterceptors();
  }

  /** As {@link MockBackend.assertNoPendingInterceptors}. */
  assertNoPendingInterceptors(): void {
    this.#backend.assertNoPendingInterceptors();
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    const plan = planDispatch(options, this.#settings);
    const request = new MockRequest(this.address, plan, handler, (ended) => this.#onSettled(ended));
    this.#running.push(request);
    const obstacle = this.#ending === undefined ? findTooLargeParam(plan) : copyOf(this.#ending);
    // Told after the return, when the caller has the controller.
    setImmediate(() => {
      if (obstacle !== undefined) request.fail(obstacle);
      else if (plan.signal?.aborted === true) request.fail(abortError(plan.signal.reason));
      else request.begin(this.#backend);
    });
    return request;
  }

  override async close(): Promise<void> {
    this.#ending ??= closedError();
    if (this.#running.length > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  override async destroy(error?: Error): Promise<void> {
    this.#ending = destroyedError(error);
    for (const request of [...this.#running]) request.fail(copyOf(this.#ending));
    await this.close();
  }

  #onSettled(ended: MockRequest): void {
    this.#running = this.#running.filter((request) => request !== ended);
    if (this.#running.length > 0) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}
