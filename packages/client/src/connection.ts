import { RecordOutput } from "@x/protocol";
import { formatApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress } from "@x/protocol/address";
import type { FastCGIError } from "@x/protocol/errors";
import { RawOutput } from "@x/protocol/scgi";
import { ClientSession } from "@x/protocol/session";
import type { Timer } from "@x/protocol/timers";

import { abortIgnoredError, socketError, strayBytesError, stuckError } from "./connection-errors.ts";
import { ConnectionInput } from "./connection-input.ts";
import { ConnectionOutput } from "./connection-output.ts";
import { Connector } from "./connector.ts";
import type { DialOptions } from "./connector.ts";
import { channels } from "./diagnostics.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Runtime } from "./runtime.ts";
import { ScgiSession } from "./scgi-session.ts";
import type { Session, SessionExchange } from "./session.ts";
import { SilenceTimer } from "./silence-timer.ts";
import type { Slab } from "./slabs.ts";
import type { ClientSocket, SocketReader } from "./socket.ts";

/** `closing`: requests may run, none begins. */
export type ConnectionState = "connecting" | "open" | "closing" | "closed";

/** The owner of connections, told what becomes of them. */
export interface ConnectionOwner {
  onOpen(connection: Connection): void;
  onConnectError(connection: Connection, error: FastCGIError): void;
  /** `change` more (or less) requests run on it. */
  onActive(change: number): void;
  /** A request ended on it, it is read again, or it takes no more: what waits may go on, here or elsewhere. */
  onFree(connection: Connection): void;
  /** Nothing runs on it, and those whose requests have ended on it were told. */
  onQuiet(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/** How a {@link Connection} is made. */
export interface ConnectionOptions {
  application: ApplicationAddress;
  /** Requests at once. */
  multiplex: number;
  /** ms */
  connectTimeout: number;
  dial?: DialOptions;
  runtime: Runtime;
  owner: ConnectionOwner;
}

/** ms that an application has to answer ABORT_REQUEST before its connection is given up. */
const ABORT_DEADLINE = 5_000;

/**
 * Owns one socket: what it reads goes into the session, what the session writes leaves at the end of
 * the turn. Its bytes are never wrapped: each chunk is told as a range of the slab that it was read into.
 */
export class Connection implements SocketReader {
  readonly address: string;
  readonly input: ConnectionInput;
  readonly output: ConnectionOutput;
  /** For the connection set: is it among the idle ones? */
  idle = false;
  readonly #runtime: Runtime;
  readonly #owner: ConnectionOwner;
  readonly #session: Session;
  readonly #connector: Connector;
  readonly #idleTimer: SilenceTimer;
  readonly #abortTimers = new Set<Timer>();
  /** Timers of requests that have ended, for those to come: they go on meanwhile, and tell nobody. */
  readonly #silenceTimers: SilenceTimer[] = [];
  #state: ConnectionState = "connecting";
  #socket: ClientSocket | undefined;
  #openedAt = 0;
  #begun = 0;
  /** The session's count of requests at the last look. */
  #active = 0;
  /** Requests whose dispatch waits for their end. */
  #live = 0;
  #resting = false;
  #inSession = false;
  #abortIgnored = false;
  #doom: FastCGIError | undefined;
  #writeError: Error | undefined;
  /** Those that have ended and have not been told, linked: a list of its own each turn would be garbage. */
  #firstSettled: Dispatch | undefined;
  #lastSettled: Dispatch | undefined;

  constructor(options: ConnectionOptions) {
    const { runtime } = options;
    const { address, protocol } = options.application;
    this.address = formatApplicationAddress(options.application);
    this.#runtime = runtime;
    this.#owner = options.owner;
    this.input = new ConnectionInput(runtime, () => {
      if (this.#inSession) return;
      this.#owner.onFree(this);
      this.#owner.onQuiet(this);
    });
    const onPending = (): void => this.output.onPending();
    const onStuck = (timeout: number): void => this.destroy(stuckError(timeout));
    const onFatal = (error: FastCGIError): void => {
      this.#doom ??= error;
    };
    if (protocol === "scgi") {
      const bytes = new RawOutput(onPending);
      this.output = new ConnectionOutput(bytes, this.address, this, runtime, onStuck);
      const onSendError = (error: FastCGIError): void => this.destroy(error);
      this.#session = new ScgiSession(bytes, { onFatal, onSendError });
    } else {
      const records = new RecordOutput(onPending);
      this.output = new ConnectionOutput(records, this.address, this, runtime, onStuck);
      const { multiplex } = options;
      this.#session = new ClientSession(records, { multiplex, address: this.address, onFatal });
    }
    this.#idleTimer = new SilenceTimer(runtime.timeouts, {
      onSilence: () => {
        if (this.#session.active === 0) this.close();
      },
    });
    if (channels.connect.hasSubscribers) channels.connect.publish({ address: this.address });
    this.#connector = new Connector({
      ...options.dial,
      address,
      timeout: options.connectTimeout,
      timeouts: runtime.timeouts,
      reader: this,
      onOpen: (socket) => this.#onOpen(socket),
      onError: (error) => this.#onConnectError(error),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Requests whose end has not come, aborted ones included. */
  get active(): number {
    return this.#session.active;
  }

  /** Requests that ever began on it. */
  get begun(): number {
    return this.#begun;
  }

  /** The address that its host's name led to; empty for a UNIX socket. */
  get remoteAddress(): string {
    return this.#socket?.remoteAddress ?? "";
  }

  /** ms since it was opened, to a tick. */
  get age(): number {
    return this.#runtime.timeouts.now - this.#openedAt;
  }

  /** Does it keep no process alive, and close when it is left alone? */
  get resting(): boolean {
    return this.#resting;
  }

  /** Requests at once; may be lowered while some run. */
  get multiplex(): number {
    return this.#session.multiplex;
  }

  set multiplex(limit: number) {
    this.#session.multiplex = limit;
  }

  /** May a request begin now? Not while a slow consumer keeps it from being read. */
  get available(): boolean {
    return this.reusable && !this.input.paused && !this.#inSession && this.#session.available;
  }

  /** Can it serve again once what runs has ended? */
  get reusable(): boolean {
    return this.#state === "open" && this.#writeError === undefined && this.#session.reusable;
  }

  /** The slab whose bytes are being delivered, if any are. */
  get deliveredSlab(): Slab | undefined {
    return this.#inSession ? this.input.slab : undefined;
  }

  /**
   * Begins a request.
   *
   * @throws FastCGIError when a param cannot be sent; the connection is as before then
   */
  begin(dispatch: Dispatch, keepConn: boolean): SessionExchange {
    const { role, params, sendTimeout, oversizedParam } = dispatch.plan;
    const exchange = this.#session.begin({ role, keepConn, params, oversizedParam }, dispatch);
    if (this.#resting) this.#socket?.ref();
    this.#resting = false;
    this.#begun++;
    this.#live++;
    this.output.sendTimeout = sendTimeout;
    this.#countActive();
    return exchange;
  }

  /** A timer for a request that begins; each has to be given back by {@link Connection.giveSilenceTimer}. */
  takeSilenceTimer(): SilenceTimer {
    return this.#silenceTimers.pop() ?? new SilenceTimer(this.#runtime.timeouts);
  }

  giveSilenceTimer(timer: SilenceTimer): void {
    timer.leave();
    if (this.#state === "closed") timer.stop();
    else this.#silenceTimers.push(timer);
  }

  /** For dispatches: the session has told the end; they hear of it when the session has done its work. */
  addSettled(dispatch: Dispatch): void {
    this.#live--;
    if (this.#lastSettled === undefined) this.#firstSettled = dispatch;
    else this.#lastSettled.nextSettled = dispatch;
    this.#lastSettled = dispatch;
  }

  /** Aborts one request and leaves the others alone. Its id stays reserved until the application ends it. */
  abort(exchange: SessionExchange): void {
    exchange.abort();
    this.#live--;
    const timer = this.#runtime.timeouts.schedule(ABORT_DEADLINE, () => {
      this.#abortTimers.delete(timer);
      if (!exchange.ended) this.#giveUp();
    });
    this.#abortTimers.add(timer);
  }

  /** Nothing runs: it keeps no process alive, and closes after `idleTime` ms. */
  rest(idleTime: number): void {
    this.#resting = true;
    this.#socket?.unref();
    this.#idleTimer.watch(idleTime);
  }

  /** Takes no more requests, and closes when the last has ended. */
  close(): void {
    if (this.#state === "closed") return;
    if (this.#session.active === 0 && !this.#inSession) this.#teardown();
    else this.#state = "closing";
  }

  /** Cuts the connection: all requests on it fail with `error`. */
  destroy(error: FastCGIError): void {
    if (this.#state === "closed") return;
    this.#doom ??= error;
    if (!this.#inSession) this.#leaveSession();
  }

  readBuffer(): Uint8Array {
    return this.input.slab.buffer;
  }

  onBytes(length: number): void {
    const { buffer } = this.input.slab;
    if (channels.received.hasSubscribers) {
      channels.received.publish({ address: this.address, connection: this, chunk: buffer.subarray(0, length) });
    }
    // Whatever comes while no request runs would be taken for the answer to the next one.
    if (this.#session.active === 0 && this.#session.available) return this.destroy(strayBytesError());
    this.output.touch();
    this.#inSession = true;
    this.#session.receive(buffer, 0, length);
    this.input.delivered(length);
    this.#leaveSession();
  }

  onWriteError(error: Error): void {
    this.#writeError = error;
    this.output.stop();
    if (this.#session.active === 0) this.#teardown();
  }

  #onOpen(socket: ClientSocket): void {
    this.#socket = socket;
    this.#state = "open";
    this.#openedAt = this.#runtime.timeouts.now;
    socket.on("error", (error) => this.destroy(socketError(error)));
    socket.on("end", () => this.#onEnd());
    this.input.open(socket);
    this.output.open(socket);
    if (channels.connected.hasSubscribers) channels.connected.publish({ address: this.address });
    this.#owner.onOpen(this);
  }

  #onConnectError(error: FastCGIError): void {
    this.#state = "closed";
    this.input.close();
    error.address = this.address;
    if (channels.connectError.hasSubscribers) channels.connectError.publish({ address: this.address, error });
    this.#owner.onConnectError(this, error);
  }

  /** The peer sends no more. Without a request that is the end of the connection, half-open or not. */
  #onEnd(): void {
    if (this.#session.active === 0) return this.#teardown();
    this.#inSession = true;
    this.#session.receiveEnd();
    this.#leaveSession();
  }

  /** The session has returned: what it decided is carried out, then dispatches are told. */
  #leaveSession(): void {
    this.#inSession = true;
    if (this.#abortIgnored && this.#live === 0) this.#doom ??= abortIgnoredError(ABORT_DEADLINE);
    if (this.#doom !== undefined) this.#session.fail(this.#doom);
    this.#inSession = false;
    let settled = this.#firstSettled;
    this.#firstSettled = this.#lastSettled = undefined;
    const freed = this.#countActive() < 0;
    if (this.#doom !== undefined) this.#teardown();
    else if (this.#state === "closing" && this.#session.active === 0) this.#teardown();
    else if (freed || this.#session.active === 0) this.#owner.onFree(this);
    while (settled !== undefined) {
      const next: Dispatch | undefined = settled.nextSettled;
      settled.nextSettled = undefined;
      settled.settle();
      settled = next;
    }
    // Not before: whoever hears of an end often has the next request.
    if (this.#session.active === 0) this.#owner.onQuiet(this);
  }

  /** @returns by how many more (or less) requests run than at the last look */
  #countActive(): number {
    const change = this.#session.active - this.#active;
    this.#active += change;
    if (change !== 0) this.#owner.onActive(change);
    return change;
  }

  /** An aborted request has not ended in time: no more requests, and the end when nobody waits for one. */
  #giveUp(): void {
    if (this.#state === "closed") return;
    this.#state = "closing";
    this.#abortIgnored = true;
    if (this.#live > 0) this.#owner.onFree(this);
    else this.#leaveSession();
  }

  #teardown(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#connector.cancel();
    this.#idleTimer.stop();
    for (const timer of this.#silenceTimers) timer.stop();
    for (const timer of this.#abortTimers) this.#runtime.timeouts.cancel(timer);
    this.output.stop();
    this.#socket?.destroy();
    this.input.close();
    this.#owner.onClosed(this);
  }
}
