import type { ParamList } from "@x/protocol";
import type { ApplicationProtocol } from "@x/protocol/address";
import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import { abortError, totalTimeoutError } from "../dispatch-errors.ts";
import type { DispatchPlan } from "../dispatch-plan.ts";
import type { DispatchController, DispatchEnd, DispatchHandler, DispatchOptions } from "../dispatcher.ts";
import { rethrowLater } from "../rethrow-later.ts";
import type { Slab } from "../slabs.ts";
import type { Timeouts } from "../timeouts.ts";
import type { QueueEntry, Queueable } from "../wait-queue.ts";
import { isLost, mayTryElsewhere } from "./elsewhere-rule.ts";
import { HeldBody } from "./held-body.ts";
import type { Peer } from "./peer.ts";
import type { BalancedRequest } from "./policy.ts";

/** Whoever finds peers for requests. */
export interface BalancedOwner {
  readonly timeouts: Timeouts;
  /** It does not want a peer any more. */
  leave(dispatch: BalancedDispatch): void;
  /** It has failed on its peer, and may go to another: is there one, and are there retries left? */
  retry(dispatch: BalancedDispatch): boolean;
  /** A peer is done with a request. `error`: what it has failed with. */
  onDone(peer: Peer, epoch: number, error: FastCGIError | undefined): void;
}

/**
 * One request of a balanced pool: on one peer, on the next when that is safe, and one end told to its handler.
 */
export class BalancedDispatch implements DispatchController, DispatchHandler, Queueable<BalancedDispatch> {
  queueEntry: QueueEntry<BalancedDispatch> | undefined;
  readonly plan: DispatchPlan;
  /** Peers that it has failed on. */
  readonly tried: Peer[] = [];
  readonly #owner: BalancedOwner;
  readonly #handler: DispatchHandler;
  readonly #options: DispatchOptions & { params: ParamList };
  readonly #bodies: HeldBody[] = [];
  readonly #began: number;
  readonly #total: Timer | undefined;
  #peer: Peer | undefined;
  #epoch = 0;
  #inner: DispatchController | undefined;
  #answered = false;
  /** Its present peer has given it a connection. */
  #started = false;
  /** A peer's connection broke under it. */
  #lost = false;
  #settled = false;

  constructor(owner: BalancedOwner, options: DispatchOptions, plan: DispatchPlan, handler: DispatchHandler) {
    this.#owner = owner;
    this.plan = plan;
    this.#handler = handler;
    this.#options = {
      ...options,
      params: plan.params,
      stdin: this.#hold(plan.stdin),
      data: this.#hold(plan.data),
      // Kept here, for all tries together.
      signal: undefined,
      timeout: 0,
    };
    this.#began = owner.timeouts.clock();
    plan.signal?.addEventListener("abort", this);
    const { timeout } = plan;
    if (timeout > 0) this.#total = owner.timeouts.schedule(timeout, () => this.abort(totalTimeoutError(timeout)));
  }

  get request(): BalancedRequest {
    return this.#options;
  }

  get address(): string {
    return this.#inner?.address ?? this.#peer?.address ?? "";
  }

  get protocol(): ApplicationProtocol {
    return this.#inner?.protocol ?? "fastcgi";
  }

  get requestId(): number | undefined {
    return this.#inner?.requestId;
  }

  get reused(): boolean {
    return this.#inner?.reused ?? false;
  }

  get stdoutEnded(): boolean {
    return this.#inner?.stdoutEnded ?? false;
  }

  get stderrTail(): string {
    return this.#inner?.stderrTail ?? "";
  }

  /** Runs on `peer` from now on. */
  begin(peer: Peer): void {
    this.#peer = peer;
    this.#started = false;
    this.#epoch = peer.begin();
    try {
      // It may begin before this returns.
      this.#inner = peer.pool.dispatch(this.#options, this);
    } catch (error) {
      const mistake = FastCGIError.from(error, "FCGI_ERR_INVALID_ARGUMENT");
      process.nextTick(() => this.onError(mistake));
    }
  }

  pause(): void {
    this.#inner?.pause();
  }

  resume(): void {
    this.#inner?.resume();
  }

  retain(): Slab {
    if (this.#inner !== undefined) return this.#inner.retain();
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "retain() keeps the chunk that is being delivered.");
  }

  abort(reason?: unknown): void {
    if (this.#settled) return;
    if (this.#peer !== undefined) {
      this.#inner?.abort(reason);
      return;
    }
    this.#owner.leave(this);
    this.fail(isFastCGIError(reason) ? reason : abortError(reason));
  }

  /** The signal has fired. */
  handleEvent(): void {
    this.abort(this.plan.signal?.reason);
  }

  /** Ends it, while it has no peer. */
  fail(error: FastCGIError): void {
    if (this.#settled) return;
    error.phase ??= "queue";
    this.#conclude(error);
    try {
      this.#handler.onError(error, this);
    } catch (thrown) {
      rethrowLater(thrown);
    }
  }

  onStart(controller: DispatchController): void {
    this.#inner = controller;
    this.#started = true;
    this.#handler.onStart?.(this);
  }

  onStdout(chunk: Uint8Array): void {
    this.#answered = true;
    this.#handler.onStdout(chunk, this);
  }

  onStderr(chunk: Uint8Array): void {
    this.#answered = true;
    this.#handler.onStderr?.(chunk, this);
  }

  onEnd(end: DispatchEnd): void {
    this.#leavePeer(undefined);
    this.#conclude();
    this.#handler.onEnd(end, this);
  }

  onError(error: FastCGIError): void {
    const peer = this.#peer;
    const again = this.#mayTryElsewhere(error);
    this.#lost ||= isLost({ code: error.code, started: this.#started });
    this.#leavePeer(error);
    if (again && peer !== undefined) {
      this.tried.push(peer);
      if (this.#owner.retry(this)) return;
    }
    this.#conclude(error);
    this.#handler.onError(error, this);
  }

  #hold(body: DispatchPlan["stdin"]): DispatchPlan["stdin"] {
    if (body === undefined || body instanceof Uint8Array) return body;
    const held = new HeldBody(body);
    this.#bodies.push(held);
    return held;
  }

  #mayTryElsewhere(error: FastCGIError): boolean {
    return mayTryElsewhere({
      code: error.code,
      answered: this.#answered,
      bodyKept: this.#bodies.every((body) => !body.started),
      idempotent: this.plan.idempotent,
      reused: this.#inner?.reused ?? false,
      started: this.#started,
      lostBefore: this.#lost,
      elapsed: this.#owner.timeouts.clock() - this.#began,
      connectTimeout: this.plan.connectTimeout,
    });
  }

  #leavePeer(error: FastCGIError | undefined): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer !== undefined) this.#owner.onDone(peer, this.#epoch, error);
  }

  #conclude(error?: FastCGIError): void {
    this.#settled = true;
    this.plan.signal?.removeEventListener("abort", this);
    if (this.#total !== undefined) this.#owner.timeouts.cancel(this.#total);
    for (const body of this.#bodies) body.letGo(error);
  }
}
