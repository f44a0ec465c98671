import { ProtocolStatus, Role } from "@x/protocol";
import type { ApplicationProtocol } from "@x/protocol/address";
import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { ClientExchangeHandler } from "@x/protocol/session";
import type { Timer } from "@x/protocol/timers";

import { isSource } from "./body.ts";
import type { Connection } from "./connection.ts";
import { channels } from "./diagnostics.ts";
import { abortError, explainRefusal, protocolStatusError, silenceError, totalTimeoutError } from "./dispatch-errors.ts";
import type { DispatchPlan } from "./dispatch-plan.ts";
import type { DispatchController, DispatchHandler } from "./dispatcher.ts";
import { OutputGate } from "./output-gate.ts";
import type { GateOwner, GateTarget } from "./output-gate.ts";
import { mayRepeat } from "./repeat-rule.ts";
import { cancelInput, RequestInput } from "./request-input.ts";
import type { InputOwner } from "./request-input.ts";
import { rethrowLater } from "./rethrow-later.ts";
import type { SessionExchange } from "./session.ts";
import type { SilenceListener, SilenceTimer } from "./silence-timer.ts";
import type { Slab } from "./slabs.ts";
import { StderrTail } from "./stderr-tail.ts";
import type { QueueEntry, Queueable } from "./wait-queue.ts";

/** Whoever finds connections for dispatches. */
export interface DispatchOwner extends GateOwner {
  readonly address: string;
  readonly protocol: ApplicationProtocol;
  /** Requests at once on one connection. */
  readonly multiplex: number;
  /** It does not want a connection any more. */
  leave(dispatch: Dispatch): void;
  /** It has to run once more, before all others and on a fresh connection; false when that cannot be. */
  repeat(dispatch: Dispatch): boolean;
  /** It has ended, and its consumer has not taken all of it yet (or has: `held` is false). */
  hold(dispatch: Dispatch, held: boolean): void;
  /** The application takes one request a connection, whatever was configured. */
  stopMultiplexing(): void;
}

/** `ending`: the end is known, and told when the session has returned; `draining`: when the consumer has taken what is held. */
type DispatchState = "waiting" | "running" | "ending" | "draining" | "settled";

/**
 * One request, from the queue to its end: sends its bodies, watches its timeouts, delivers what comes
 * back, and tells its handler the end exactly once.
 */
export class Dispatch
  implements DispatchController, ClientExchangeHandler, GateTarget, InputOwner, Queueable<Dispatch>, SilenceListener
{
  queueEntry: QueueEntry<Dispatch> | undefined;
  /** For its connection: who is to be told the end after it. */
  nextSettled: Dispatch | undefined;
  readonly plan: DispatchPlan;
  /** It gets a connection of its own, which is closed at its end. */
  readonly alone: boolean;
  readonly #owner: DispatchOwner;
  readonly #handler: DispatchHandler;
  /** Its connection's, while it runs. */
  #silence: SilenceTimer | undefined;
  readonly #total: Timer | undefined;
  #state: DispatchState = "waiting";
  #connection: Connection | undefined;
  #exchange: SessionExchange | undefined;
  #input: RequestInput | undefined;
  #multiplexed = false;
  #reused = false;
  #repeated = false;
  #flushesBefore = 0;
  #gotStdout = false;
  #gotBytes = false;
  #gate: OutputGate | undefined;
  #stderr: StderrTail | undefined;
  #appStatus = 0;
  #protocolStatus = 0;
  #failure: FastCGIError | undefined;

  constructor(owner: DispatchOwner, plan: DispatchPlan, handler: DispatchHandler) {
    this.plan = plan;
    this.#owner = owner;
    const { reuse } = plan;
    this.alone = reuse === "multiplexed" ? owner.multiplex === 1 : !reuse;
    this.#handler = handler;
    plan.signal?.addEventListener("abort", this);
    const { timeout } = plan;
    if (timeout > 0) this.#total = owner.timeouts.schedule(timeout, () => this.abort(totalTimeoutError(timeout)));
  }

  get address(): string {
    return this.#owner.address;
  }

  get protocol(): ApplicationProtocol {
    return this.#owner.protocol;
  }

  /** Must its connection have served nobody before? */
  get fresh(): boolean {
    return this.#repeated || this.alone;
  }

  get requestId(): number | undefined {
    return this.#exchange?.id;
  }

  get reused(): boolean {
    return this.#reused;
  }

  get stdoutEnded(): boolean {
    return this.#exchange?.stdoutEnded ?? false;
  }

  get stderrTail(): string {
    return this.#stderr?.toString() ?? "";
  }

  /** Runs on `connection` from now on. A param that cannot be sent ends it there and then. */
  begin(connection: Connection, keepConn: boolean): void {
    this.#multiplexed = keepConn && connection.multiplex > 1;
    this.#reused = connection.begun > 0;
    this.#flushesBefore = connection.output.flushes;
    const atOnce = this.#leavesAtOnce;
    if (atOnce) connection.output.gather();
    this.#start(connection, keepConn);
    if (atOnce) connection.output.flush();
  }

  pause(): void {
    if (this.#connection === undefined || (this.#state !== "running" && this.#state !== "draining")) return;
    this.#gate ??= new OutputGate(this, this.#connection.input, this.#owner, this.plan);
    this.#gate.pause();
  }

  resume(): void {
    if (this.#gate?.resume() === true) this.#silence?.touch();
  }

  retain(): Slab {
    const slab = this.#gate?.slab ?? this.#connection?.deliveredSlab;
    if (slab !== undefined) return slab.retain();
    throw new FastCGIError(
      "FCGI_ERR_INVALID_ARGUMENT",
      "retain() keeps the chunk that is being delivered: call it inside of onStdout or onStderr.",
    );
  }

  abort(reason?: unknown): void {
    if (this.#state === "ending" || this.#state === "settled") return;
    const error = isFastCGIError(reason) ? reason : abortError(reason);
    if (this.#state === "waiting") this.#owner.leave(this);
    if (this.#state !== "draining") return this.fail(error);
    this.#failure = error;
    this.#conclude();
    this.#tellError(error);
    this.#owner.hold(this, false);
  }

  /** The signal has fired. */
  handleEvent(): void {
    this.abort(this.plan.signal?.reason);
  }

  /** Ends it with `error`, on a connection or before it has one. */
  fail(error: FastCGIError): void {
    if (this.#state === "ending" || this.#state === "draining" || this.#state === "settled") return;
    const connection = this.#state === "running" ? this.#connection : undefined;
    this.#failure = error;
    this.#conclude();
    // After the state, since the connection reports the end of all that runs on it.
    if (this.#multiplexed && this.#exchange !== undefined) connection?.abort(this.#exchange);
    else connection?.destroy(error);
    this.#tellError(error);
  }

  onStdout(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#runs) return;
    this.#silence?.touch();
    if (!this.#gotStdout) {
      this.#gotStdout = this.#gotBytes = true;
      this.#silence?.watch(this.plan.bodyTimeout);
    }
    if (this.#gate?.take(chunk, start, end, false) === true) return;
    this.deliver(chunk.subarray(start, end), false);
  }

  onStderr(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#runs) return;
    this.#silence?.touch();
    this.#gotBytes = true;
    this.#stderr ??= new StderrTail(this.plan.maxStderrBytes);
    this.#stderr.push(chunk, start, end);
    if (this.#handler.onStderr === undefined || this.#gate?.take(chunk, start, end, true) === true) return;
    this.deliver(chunk.subarray(start, end), true);
  }

  /** For its gate, too. */
  deliver(chunk: Uint8Array, stderr: boolean): void {
    try {
      if (stderr) this.#handler.onStderr?.(chunk, this);
      else this.#handler.onStdout(chunk, this);
    } catch (error) {
      this.#onHandlerError(error);
    }
  }

  onDrained(): void {
    if (this.#state !== "draining") return;
    this.#state = "ending";
    this.settle();
    this.#owner.hold(this, false);
  }

  onEnd(appStatus: number, protocolStatus: number): void {
    this.#appStatus = appStatus;
    this.#protocolStatus = protocolStatus;
    this.#end();
  }

  onError(error: FastCGIError): void {
    this.#failure = error;
    this.#end();
  }

  onInputProgress(): void {
    this.#silence?.touch();
  }

  onInputError(error: Error): void {
    const code = "FCGI_ERR_ABORTED";
    this.fail(FastCGIError.from(error, code, { phase: "send", message: `The request body failed: ${error.message}` }));
  }

  /** For the connection: the session has returned after it told the end. */
  settle(): void {
    if (this.#state !== "ending") return;
    if (this.#gate?.holding === true) {
      this.#state = "draining";
      return;
    }
    if (this.#protocolStatus === ProtocolStatus.CantMpxConn && this.#multiplexed) this.#owner.stopMultiplexing();
    if (this.#mayRepeat() && this.#repeat()) return;
    const appStatus = this.#appStatus;
    if (this.#protocolStatus !== ProtocolStatus.RequestComplete) {
      this.#failure = protocolStatusError(this.#protocolStatus, { appStatus });
    }
    this.#conclude();
    if (this.#failure !== undefined) return this.#tellError(this.#failure);
    if (channels.end.hasSubscribers) channels.end.publish({ controller: this, appStatus });
    try {
      this.#handler.onEnd({ appStatus, protocolStatus: this.#protocolStatus }, this);
    } catch (error) {
      rethrowLater(error);
    }
  }

  get shares(): boolean {
    return this.#multiplexed && this.#connection !== undefined && this.#connection.active > 1;
  }

  get #runs(): boolean {
    return this.#state === "running";
  }

  /**
   * Is there nothing that could leave together with it? Then the application works while this turn of the event loop goes on. What
   * is not to be repeated waits for the turn's end on a kept connection: should the application just have closed it, that shows first.
   */
  get #leavesAtOnce(): boolean {
    const { stdin, data, idempotent } = this.plan;
    return !this.#multiplexed && !isSource(stdin) && !isSource(data) && (idempotent || !this.#reused);
  }

  #start(connection: Connection, keepConn: boolean): void {
    try {
      this.#exchange = connection.begin(this, keepConn);
    } catch (error) {
      this.fail(FastCGIError.from(error, "FCGI_ERR_INVALID_ARGUMENT", { phase: "request" }));
      return;
    }
    this.#connection = connection;
    this.#state = "running";
    this.#protocolStatus = ProtocolStatus.RequestComplete;
    this.#silence = connection.takeSilenceTimer();
    this.#silence.watch(this.plan.headersTimeout, this);
    if (channels.request.hasSubscribers) this.#publishRequest(connection.address, this.#exchange.id);
    try {
      this.#handler.onStart?.(this);
    } catch (error) {
      this.#onHandlerError(error);
    }
    if (this.#runs) this.#sendInput(connection, this.#exchange);
  }

  #end(): void {
    if (!this.#runs) return;
    this.#state = "ending";
    this.#stopSilence();
    this.#gate?.end();
    if (!this.#multiplexed && this.#input?.overruns === true) this.#connection?.close();
    // Before the connection says that it is free, or gone.
    if (this.#gate?.holding === true) this.#owner.hold(this, true);
    this.#connection?.addSettled(this);
  }

  #sendInput(connection: Connection, exchange: SessionExchange): void {
    const { stdin, role } = this.plan;
    // Most requests have nothing to send, and need nobody who sends it.
    if (stdin === undefined && role !== Role.Filter) return exchange.endStdin();
    this.#input = new RequestInput(connection.output, exchange, this.plan, this);
    this.#input.start();
  }

  /** Lets go of everything that it holds. */
  #conclude(): void {
    this.#state = "settled";
    this.#stopSilence();
    if (this.#total !== undefined) this.#owner.timeouts.cancel(this.#total);
    this.plan.signal?.removeEventListener("abort", this);
    this.#gate?.close();
    if (this.#input === undefined) cancelInput(this.plan, this.#failure);
    else this.#input.cancel(this.#failure);
  }

  #stopSilence(): void {
    if (this.#silence !== undefined) this.#connection?.giveSilenceTimer(this.#silence);
    this.#silence = undefined;
  }

  #mayRepeat(): boolean {
    const failed = this.#failure !== undefined || this.#protocolStatus !== ProtocolStatus.RequestComplete;
    return (
      failed &&
      mayRepeat({
        repeated: this.#repeated,
        answered: this.#gotBytes,
        bodyKept: !isSource(this.plan.stdin) && !isSource(this.plan.data),
        unsent: this.#connection?.output.flushes === this.#flushesBefore,
        reused: this.#reused,
        multiplexed: this.#multiplexed,
        idempotent: this.plan.idempotent,
        protocolStatus: this.#protocolStatus,
        code: this.#failure?.code,
      })
    );
  }

  /** Waits for another connection, as if it had never had one. */
  #repeat(): boolean {
    const failure = this.#failure;
    this.#input?.cancel();
    this.#failure = this.#exchange = this.#connection = this.#input = this.#gate = undefined;
    this.#repeated = true;
    this.#state = "waiting";
    // It may begin before this returns.
    if (this.#owner.repeat(this)) return true;
    this.#state = "ending";
    this.#failure = failure;
    return false;
  }

  #tellError(error: FastCGIError): void {
    error.address ??= this.#owner.address;
    error.phase ??= this.#gotStdout ? "response-body" : this.#connection === undefined ? "queue" : "response-head";
    error.requestId ??= this.#exchange?.id;
    if (this.#stderr !== undefined) error.stderr ??= this.stderrTail;
    if (!this.#gotBytes && !this.#reused) explainRefusal(error);
    if (channels.error.hasSubscribers) channels.error.publish({ controller: this, error });
    try {
      this.#handler.onError(error, this);
    } catch (thrown) {
      rethrowLater(thrown);
    }
  }

  /** Nothing was heard for the timeout. While nobody reads, that says nothing about the peer. */
  onSilence(): void {
    const limit = this.#gotStdout ? this.plan.bodyTimeout : this.plan.headersTimeout;
    const read = this.#owner.timeouts.now - (this.#connection?.input.readingSince ?? Infinity);
    if (read < limit) this.#silence?.watch(Math.min(limit, limit - read));
    else this.fail(silenceError(this.#gotStdout, limit));
  }

  #publishRequest(address: string, requestId: number): void {
    const { params } = this.plan;
    channels.request.publish({ controller: this, address, requestId, params, reused: this.#reused });
  }

  #onHandlerError(error: unknown): void {
    this.abort(
      FastCGIError.from(error, "FCGI_ERR_ABORTED", { message: `The request's handler failed: ${String(error)}` }),
    );
  }
}
