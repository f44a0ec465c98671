import { decodeNameValues, encodeNameValues } from "@x/protocol";
import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import type { BodySource } from "../body.ts";
import { channels } from "../diagnostics.ts";
import { abortError, silenceError, totalTimeoutError } from "../dispatch-errors.ts";
import type { DispatchPlan } from "../dispatch-plan.ts";
import type { DispatchController, DispatchHandler } from "../dispatcher.ts";
import { cancelInput } from "../request-input.ts";
import { rethrowLater } from "../rethrow-later.ts";
import { processRuntime } from "../runtime.ts";
import { SilenceTimer } from "../silence-timer.ts";
import type { SilenceListener } from "../silence-timer.ts";
import { SlabPool } from "../slabs.ts";
import type { Slab } from "../slabs.ts";
import { StderrTail } from "../stderr-tail.ts";
import type { MockAnswer, MockBackend } from "./mock-backend.ts";
import { toCall } from "./mock-call.ts";

/** Read buffers as of a connection: a handler that keeps a chunk without retaining it sees it change. */
const slabs = new SlabPool();

/** One request to a mock in memory: what `Dispatch` is to a pool. */
export class MockRequest implements DispatchController, MockAnswer, SilenceListener {
  readonly address: string;
  readonly protocol = "fastcgi";
  readonly reused = false;
  readonly #plan: DispatchPlan;
  readonly #handler: DispatchHandler;
  readonly #onSettled: (request: MockRequest) => void;
  readonly #aborted = new AbortController();
  readonly #silence: SilenceTimer;
  readonly #total: Timer | undefined;
  #begun = false;
  #settled = false;
  #gotStdout = false;
  #stdoutEnded = false;
  #resume: (() => void) | undefined;
  #resumed: Promise<void> | undefined;
  #stderr: StderrTail | undefined;
  #slab: Slab | undefined;

  constructor(
    address: string,
    plan: DispatchPlan,
    handler: DispatchHandler,
    onSettled: (request: MockRequest) => void,
  ) {
    this.address = address;
    this.#plan = plan;
    this.#handler = handler;
    this.#onSettled = onSettled;
    this.#silence = new SilenceTimer(processRuntime.timeouts, this);
    plan.signal?.addEventListener("abort", this);
    const { timeout } = plan;
    if (timeout > 0)
      this.#total = processRuntime.timeouts.schedule(timeout, () => this.abort(totalTimeoutError(timeout)));
  }

  get requestId(): number | undefined {
    return this.#begun ? 1 : undefined;
  }

  get stdoutEnded(): boolean {
    return this.#stdoutEnded;
  }

  get stderrTail(): string {
    return this.#stderr?.toString() ?? "";
  }

  /** Sends it to the backend, body and all. */
  begin(backend: MockBackend): void {
    if (this.#settled) return;
    const { params, stdin, data, role } = this.#plan;
    this.#begun = true;
    this.#silence.watch(this.#plan.headersTimeout);
    if (channels.request.hasSubscribers) {
      channels.request.publish({ controller: this, address: this.address, requestId: 1, params, reused: false });
    }
    this.#guard(() => this.#handler.onStart?.(this));
    if (this.#settled) return;
    let sent: Uint8Array;
    try {
      sent = encodeNameValues(params);
    } catch (error) {
      return this.fail(FastCGIError.from(error, "FCGI_ERR_INVALID_ARGUMENT", { phase: "request" }));
    }
    this.#collect(stdin, (body) => {
      this.#collect(data, (file) => {
        const request = { role, params: decodeNameValues(sent), body, data: file };
        void backend.answer(toCall(request, this.#aborted.signal), this);
      });
    });
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#resume?.();
    this.#resume = this.#resumed = undefined;
    this.#silence.touch();
  }

  retain(): Slab {
    if (this.#slab !== undefined) return this.#slab.retain();
    throw new FastCGIError(
      "FCGI_ERR_INVALID_ARGUMENT",
      "retain() keeps the chunk that is being delivered: call it inside of onStdout or onStderr.",
    );
  }

  abort(reason?: unknown): void {
    this.fail(isFastCGIError(reason) ? reason : abortError(reason));
  }

  /** The signal has fired. */
  handleEvent(): void {
    this.abort(this.#plan.signal?.reason);
  }

  async stdout(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      await this.#resumed;
      if (this.#settled) return;
      if (!this.#gotStdout) this.#silence.watch(this.#plan.bodyTimeout);
      this.#gotStdout = true;
      const end = at + this.#deliver(chunk.subarray(at), (piece) => this.#handler.onStdout(piece, this));
      at = end;
    }
  }

  stderr(chunk: Uint8Array): void {
    this.#stderr ??= new StderrTail(this.#plan.maxStderrBytes);
    this.#stderr.push(chunk, 0, chunk.length);
    for (let at = 0; at < chunk.length && !this.#settled;) {
      at += this.#deliver(chunk.subarray(at), (piece) => this.#handler.onStderr?.(piece, this));
    }
  }

  async end(appStatus: number): Promise<void> {
    await this.#resumed;
    if (this.#settled) return;
    this.#stdoutEnded = true;
    this.#conclude();
    if (channels.end.hasSubscribers) channels.end.publish({ controller: this, appStatus });
    last(() => this.#handler.onEnd({ appStatus, protocolStatus: 0 }, this));
  }

  fail(error: FastCGIError): void {
    if (this.#settled) return;
    this.#conclude(error);
    error.address ??= this.address;
    error.phase ??= this.#gotStdout ? "response-body" : this.#begun ? "response-head" : "queue";
    error.requestId ??= this.requestId;
    if (this.#stderr !== undefined) error.stderr ??= this.stderrTail;
    if (channels.error.hasSubscribers) channels.error.publish({ controller: this, error });
    last(() => this.#handler.onError(error, this));
  }

  #conclude(error?: FastCGIError): void {
    this.#settled = true;
    this.#silence.stop();
    if (this.#total !== undefined) processRuntime.timeouts.cancel(this.#total);
    this.#plan.signal?.removeEventListener("abort", this);
    if (error !== undefined) this.#aborted.abort(error);
    cancelInput(this.#plan, error);
    this.resume();
    this.#onSettled(this);
  }

  #collect(body: Uint8Array | BodySource | undefined, done: (bytes: Buffer) => void): void {
    if (body === undefined || body instanceof Uint8Array) return done(Buffer.from(body ?? []));
    const chunks: Buffer[] = [];
    try {
      body.start({
        write: (chunk, release) => {
          chunks.push(Buffer.from(chunk));
          release?.();
          this.#silence.touch();
          return true;
        },
        end: () => {
          if (!this.#settled) done(Buffer.concat(chunks));
        },
        error: (error) => this.#onBodyError(error),
      });
    } catch (error) {
      this.#onBodyError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onBodyError(error: Error): void {
    const message = `The request body failed: ${error.message}`;
    this.fail(FastCGIError.from(error, "FCGI_ERR_ABORTED", { phase: "send", message }));
  }

  /** @returns how many bytes it has delivered */
  #deliver(bytes: Uint8Array, to: (piece: Uint8Array) => void): number {
    const slab = slabs.take();
    const length = Math.min(bytes.length, slab.buffer.length);
    slab.buffer.set(bytes.subarray(0, length));
    this.#silence.touch();
    this.#slab = slab;
    this.#guard(() => to(slab.buffer.subarray(0, length)));
    this.#slab = undefined;
    slab.disarm();
    return length;
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      const message = `The request's handler failed: ${String(error)}`;
      this.fail(FastCGIError.from(error, "FCGI_ERR_ABORTED", { message }));
    }
  }

  onSilence(): void {
    const limit = this.#gotStdout ? this.#plan.bodyTimeout : this.#plan.headersTimeout;
    if (this.#resumed !== undefined) this.#silence.watch(limit);
    else this.fail(silenceError(this.#gotStdout, limit));
  }
}

function last(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    rethrowLater(error);
  }
}
