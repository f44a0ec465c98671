import { channels } from "./diagnostics.ts";
import type { Flushable, FlushScheduler } from "./flush.ts";
import type { Runtime } from "./runtime.ts";
import { SilenceTimer } from "./silence-timer.ts";
import type { SilenceListener } from "./silence-timer.ts";
import type { ClientSocket } from "./socket.ts";

/** Someone who waits until the connection takes bytes again. */
export interface DrainWaiter {
  onDrain(): void;
}

/** Unsent bytes at which sources are told to wait. Not below a socket's own mark, whose `drain` resumes them. */
const CONGESTED = 65_536;

/** Where the session writes: `RecordOutput`, or what stands for it in a protocol without records. */
export interface PendingBytes {
  readonly pendingBytes: number;
  take(): Uint8Array[];
  /** Nobody looks any more at what was taken last. */
  reuse?(): void;
}

/**
 * The sending half of a connection: records are collected until somebody flushes them, at the latest at the
 * end of the turn of the event loop; sources are told to wait when the peer does not take them.
 */
export class ConnectionOutput implements Flushable, SilenceListener {
  readonly #pending: PendingBytes;
  readonly #address: string;
  readonly #connection: object;
  readonly #onStuck: (timeout: number) => void;
  readonly #sendTimer: SilenceTimer;
  readonly #turnEnds: FlushScheduler;
  #socket: ClientSocket | undefined;
  #sendTimeout = 0;
  #flushes = 0;
  #gathering = false;
  #waiters: DrainWaiter[] = [];
  #releases: (() => void)[] = [];

  /**
   * @param pending calls {@link ConnectionOutput.onPending} when it has something to write
   * @param connection what the diagnostics channel shows as the connection
   * @param onStuck the peer has taken nothing for the send timeout
   */
  constructor(
    pending: PendingBytes,
    address: string,
    connection: object,
    runtime: Runtime,
    onStuck: (timeout: number) => void,
  ) {
    this.#pending = pending;
    this.#address = address;
    this.#connection = connection;
    this.#turnEnds = runtime.flushes;
    this.#onStuck = onStuck;
    this.#sendTimer = new SilenceTimer(runtime.timeouts, this);
  }

  /** Flushes that wrote something: tells whether anything of a request can have left since it began. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Are there more unsent bytes than a source should add to? */
  get congested(): boolean {
    const unsent = this.#pending.pendingBytes + (this.#socket?.writableLength ?? 0);
    return unsent >= CONGESTED || this.#socket?.writableNeedDrain === true;
  }

  /** ms in which the peer may take nothing and send nothing. */
  set sendTimeout(timeout: number) {
    this.#sendTimeout = timeout;
  }

  /** Writes to `socket` from now on. */
  open(socket: ClientSocket): void {
    this.#socket = socket;
    socket.on("drain", () => {
      this.#sendTimer.stop();
      this.#wake();
    });
  }

  /** Writes nothing from now on. */
  stop(): void {
    this.#socket = undefined;
    this.#sendTimer.stop();
    this.#waiters = [];
    this.#releases = [];
  }

  /** The peer has sent something: it is alive, whatever it takes. */
  touch(): void {
    this.#sendTimer.touch();
  }

  onSilence(): void {
    this.#onStuck(this.#sendTimeout);
  }

  /** Calls `waiter` once, when the output is no longer congested. */
  whenDrained(waiter: DrainWaiter): void {
    this.#waiters.push(waiter);
  }

  /** Calls `release` once, when what is pending now was written. */
  whenWritten(release: () => void): void {
    this.#releases.push(release);
  }

  /** There is something to write: at the end of this turn, unless somebody writes it before. */
  onPending(): void {
    if (!this.#gathering) this.#turnEnds.add(this);
  }

  /** The caller collects now, and calls {@link ConnectionOutput.flush} before he returns: nothing is left for the turn's end. */
  gather(): void {
    this.#gathering = true;
  }

  /** Writes what was collected, together. */
  flush(): void {
    this.#gathering = false;
    // It was written before the turn ended.
    if (this.#pending.pendingBytes === 0) return;
    const pieces = this.#pending.take();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#flushes++;
    const heard = channels.sent.hasSubscribers;
    if (heard) {
      const connection = this.#connection;
      for (const chunk of pieces) channels.sent.publish({ address: this.#address, connection, chunk });
    }
    const written = this.#takeReleases();
    if (pieces.length === 1) {
      socket.write(pieces[0]!, written);
    } else {
      const last = pieces.length - 1;
      socket.cork();
      for (const [index, piece] of pieces.entries()) socket.write(piece, index === last ? written : undefined);
      socket.uncork();
    }
    // The kernel has it all, and nobody else: the next request can be written in the same place.
    if (!heard && socket.writableLength === 0) this.#pending.reuse?.();
    if (!socket.writableNeedDrain) this.#wake();
    else if (!this.#sendTimer.watching) this.#sendTimer.watch(this.#sendTimeout);
  }

  #takeReleases(): (() => void) | undefined {
    if (this.#releases.length === 0) return undefined;
    const releases = this.#releases;
    this.#releases = [];
    return () => {
      for (const release of releases) release();
    };
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.onDrain();
  }
}
