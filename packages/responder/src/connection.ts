import { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import { ActiveRequest } from "./active-request.ts";
import type { RequestConnection } from "./active-request.ts";
import type { Clock } from "./clock.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { flushSoon } from "./flush.ts";
import { InputGate } from "./input-gate.ts";
import type { ResponseStream } from "./response-stream.ts";
import { detachHandle } from "./socket-handle.ts";
import type { SocketHandle } from "./socket-handle.ts";
import type { OpenWire, RequestExchange, Wire, WireOutput, WireSession } from "./wire.ts";

/** Unsent bytes of a connection at which writers are told to wait. */
const OUTPUT_HIGH_WATER = 65_536;

/**
 * How long after our last byte to wait for the web server to close, too: closing with unread input
 * would destroy what is still on the way to it.
 */
const LINGER = 2_000;

/**
 * How long to work for a web server that has closed its side. It may have closed both, which only
 * writing tells; while it takes what is written, it is there.
 */
const HALF_CLOSED_GRACE = 10_000;

/** How often to ask, in the meantime, whether it is there. */
const PROBE_INTERVAL = 500;

/** An empty list, which nothing is ever put into. */
const NONE: never[] = [];

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** Is there room for one more request beside the `uncounted` ones? */
  admit(uncounted: number): boolean;
  /** So many requests more (or less) are running. */
  countRequests(change: number): void;
  onRequest(active: ActiveRequest): void;
  onRequestEnd(active: ActiveRequest): void;
  /** The peer broke the protocol, or a limit. */
  onConnectionError(error: FastCGIError, connection: Connection): void;
  onConnectionClose(connection: Connection): void;
  /** The connection is somebody else's now, who takes its handle; `sent` ends it here. */
  onLeave(handle: SocketHandle, sent: () => void): void;
}

/**
 * One connection from a web server: a socket, the session that understands its bytes, and the flow of
 * both directions. The only file that knows sockets.
 */
export class Connection implements RequestConnection {
  readonly peer: string;
  readonly input: InputGate;
  readonly #socket: Duplex;
  readonly #owner: ConnectionOwner;
  readonly #wire: Wire;
  readonly #output: WireOutput;
  readonly #session: WireSession;
  /** Not a set: V8 keeps what was deleted from one until it is made anew, and with it young objects. */
  #requests: ActiveRequest[] = [];
  readonly #draining = new Set<ResponseStream>();
  #arrived: ActiveRequest[] = NONE;
  #settling: ResponseStream[] = NONE;
  #counted = 0;
  #flushPlanned = false;
  #closing = false;
  #halfClosed = false;
  #probing = false;
  #unused = false;
  #leaving = false;
  #left = false;
  #expiry: Timer | undefined;

  constructor(socket: Duplex, peer: string, owner: ConnectionOwner, open: OpenWire) {
    this.#socket = socket;
    this.peer = peer;
    this.#owner = owner;
    this.input = new InputGate(socket, owner.clock, owner.limits, (error) => this.#session.fail(error));
    this.#wire = open(
      {
        onPending: () => this.#planFlush(),
        admit: () => owner.admit(this.#session.active - this.#counted),
        onRequest: (exchange) => this.#onRequest(exchange),
        onFatal: (error) => this.#onFatal(error),
        onClose: () => this.#close(),
      },
      owner.limits,
      peer,
    );
    this.#output = this.#wire.output;
    this.#session = this.#wire.session;
    socket
      .on("data", (chunk: Buffer) => this.receive(chunk))
      .on("end", () => this.#onEnd())
      .on("drain", () => this.flush())
      .on("finish", () => this.#expireIn(LINGER))
      .on("error", (error) => this.#onSocketError(error))
      .on("close", () => this.#onClosed());
  }

  get mount(): "keep" | "strip" {
    return this.#owner.limits.mount;
  }

  get congested(): boolean {
    return this.#output.pendingBytes + this.#socket.writableLength >= OUTPUT_HIGH_WATER;
  }

  /** Takes no more requests; closes when the running ones have ended. */
  drain(): void {
    this.#session.drain();
  }

  /** Closes if no request has come since this was last asked. A web server hardly uses what it has left alone that long. */
  closeUnused(): void {
    if (this.#leaving) this.#leaveIfIdle();
    if (this.#session.active === 0 && !this.#session.receiving && this.#unused) this.#session.drain();
    this.#unused = true;
  }

  /** Gives its socket to somebody else as soon as nothing is on its way. The web server need not know. */
  leave(): void {
    this.#leaving = true;
    this.#leaveIfIdle();
  }

  /** Cuts it now. */
  destroy(error: FastCGIError): void {
    this.#session.fail(error);
    this.#socket.destroy();
  }

  /** Hands all output to the socket, unless the socket is full: then `drain` comes back here. */
  flush(): void {
    this.#flushPlanned = false;
    if (this.#socket.writableNeedDrain || this.#socket.destroyed || this.#left) return;
    const settled = this.#settling;
    this.#settling = NONE;
    for (const stream of settled) stream.settle();
    this.#write();
    for (const stream of settled) stream.onFlushed();
    if (this.#closing && this.#output.pendingBytes === 0) this.#socket.end();
    else if (!this.congested) this.#releaseWriters();
    if (this.#leaving) this.#leaveIfIdle();
  }

  onOutput(): void {
    // Much at once gains nothing by waiting for more.
    if (this.#output.pendingBytes >= OUTPUT_HIGH_WATER && !this.#socket.writableNeedDrain) this.#write();
  }

  settleLater(stream: ResponseStream): void {
    if (this.#settling.length === 0) this.#settling = [stream];
    else this.#settling.push(stream);
    this.#planFlush();
  }

  drainLater(stream: ResponseStream): void {
    this.#draining.add(stream);
    this.#planFlush();
  }

  onRequestEnd(active: ActiveRequest): void {
    this.#forget(active);
    this.input.forget(active);
    this.#count();
    this.#owner.onRequestEnd(active);
  }

  /**
   * Makes the web server see that a response is incomplete: no END_REQUEST, the connection closes. While others use
   * the connection, an END_REQUEST with an exit status has to do.
   */
  cut(active: ActiveRequest): void {
    if (this.#session.active > 1) {
      active.output.end();
      return;
    }
    const told = this.#wire.cut(active.exchange.id);
    this.#session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "The handler failed after the head was sent."));
    if (told) return;
    // A reset is what is left to say it with, and only TCP has that.
    if (this.#socket instanceof Socket && this.#socket.remoteAddress !== undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /**
   * Takes the first `length` bytes of `chunk` from the web server, whose they are again when this returns; none at all where it says
   * all with the connection itself.
   */
  receive(chunk: Uint8Array, length: number = chunk.length): void {
    if (this.#closing) return;
    this.#session.receive(chunk, 0, length);
    // Handlers run once the whole chunk is understood: most requests are complete by then.
    const arrived = this.#arrived;
    if (arrived.length > 0) {
      this.#arrived = NONE;
      for (const active of arrived) this.#start(active);
    }
    this.#count();
    this.input.awaitParams(this.#session.active > this.#requests.length, arrived.length > 0);
  }

  #onRequest(exchange: RequestExchange): ActiveRequest {
    const active = new ActiveRequest(exchange, this);
    active.slot = this.#requests.push(active) - 1;
    this.#unused = false;
    // One as a rule: the first push to an empty array makes room for seventeen.
    if (this.#arrived.length === 0) this.#arrived = [active];
    else this.#arrived.push(active);
    if (this.#session.active > 1) this.input.shared = true;
    return active;
  }

  #start(active: ActiveRequest): void {
    if (active.output.gone) return; // the same chunk ended the connection: nobody could be answered
    this.#owner.onRequest(active);
    if (!active.body.ended && !active.body.complete) this.input.awaitBody(active, active.body);
    if (active.data !== undefined && !active.data.ended) this.input.awaitBody(active, active.data);
  }

  #leaveIfIdle(): void {
    const { active, receiving } = this.#session;
    if (this.#closing || this.#halfClosed || active > 0 || receiving || this.#output.pendingBytes > 0) return;
    if (this.#settling.length > 0) return;
    const handle = detachHandle(this.#socket);
    if (handle === undefined) return;
    this.#closing = this.#left = true;
    this.#owner.onLeave(handle, () => this.#socket.destroy());
  }

  #forget(active: ActiveRequest): void {
    if (this.#requests[active.slot] !== active) return;
    const last = this.#requests.pop()!;
    if (last === active) return;
    this.#requests[active.slot] = last;
    last.slot = active.slot;
  }

  #count(): void {
    const running = this.#session.active;
    this.#owner.countRequests(running - this.#counted);
    this.#counted = running;
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    flushSoon(this);
  }

  #write(): void {
    if (this.#output.pendingBytes === 0) return;
    if (this.#halfClosed && !this.#closing && !this.#probing) this.#expireIn(HALF_CLOSED_GRACE);
    this.#probing = false;
    const socket = this.#socket;
    const pieces = this.#output.take();
    if (pieces.length === 1) {
      socket.write(pieces[0]!);
    } else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    // The system has it all: the next answer can be written in the same place. Another kind of stream may keep what it got.
    if (socket.writableLength === 0 && socket instanceof Socket) this.#output.reuse?.();
  }

  #releaseWriters(): void {
    if (this.#draining.size === 0) return;
    const streams = [...this.#draining];
    this.#draining.clear();
    for (const stream of streams) stream.onDrain();
  }

  /** The session has nothing more to do: send what is left, then close. */
  #close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.input.awaitParams(false, false);
    this.#planFlush();
  }

  /** The session has given up: its requests are gone, but answers that were complete still leave. */
  #onFatal(error: FastCGIError): void {
    const gone = this.#requests;
    this.#requests = [];
    this.#close();
    this.#expireIn(LINGER); // from now on, as a peer that broke the rules may not read either
    for (const active of gone) {
      this.input.forget(active);
      active.onGone(error);
      this.#owner.onRequestEnd(active);
    }
    this.#count();
    // A web server that goes away is nobody's fault, and what we cut ourselves is known.
    if (error.code !== "FCGI_ERR_SOCKET" && error.code !== "FCGI_ERR_DESTROYED")
      this.#owner.onConnectionError(error, this);
  }

  #onEnd(): void {
    if (this.#closing) return;
    this.#halfClosed = this.#wire.endIsAbort;
    this.#session.receiveEnd();
    this.#count();
    if (!this.#halfClosed || this.#requests.length === 0) return;
    this.#expireIn(HALF_CLOSED_GRACE);
    this.#probe();
  }

  /** Is the web server still there? */
  #probe(): void {
    const [one] = this.#requests;
    if (this.#closing || one === undefined) return;
    if (this.#output.pendingBytes === 0 && !this.#socket.writableNeedDrain) {
      this.#wire.probe(one.exchange.id);
      this.#probing = this.#output.pendingBytes > 0;
    }
    // By TCP it is the second write that fails.
    this.#owner.clock.schedule(PROBE_INTERVAL, () => this.#probe());
  }

  /** Cuts the connection unless it has closed by then; counts anew when called again. */
  #expireIn(delay: number): void {
    const { clock } = this.#owner;
    if (this.#expiry !== undefined) clock.refresh(this.#expiry, delay);
    else this.#expiry = clock.schedule(delay, () => this.destroy(closedByPeer()));
  }

  #onSocketError(cause: Error): void {
    this.#session.fail(
      new FastCGIError("FCGI_ERR_SOCKET", `The connection to the web server failed: ${cause.message}`, { cause }),
    );
  }

  #onClosed(): void {
    if (!this.#closing) this.#session.fail(closedByPeer());
    if (this.#expiry !== undefined) this.#owner.clock.cancel(this.#expiry);
    for (const stream of this.#settling.splice(0)) stream.onGone();
    this.#owner.onConnectionClose(this);
  }
}

function closedByPeer(): FastCGIError {
  return new FastCGIError("FCGI_ERR_SOCKET", "The web server has closed the connection.");
}
