import { Socket } from "node:net";
import type { LookupFunction } from "node:net";

import type { Address } from "@x/protocol/address";
import { formatAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import { connectError, connectTimeoutError, systemCode } from "./connect-error.ts";
import { ClientSocket } from "./socket.ts";
import type { SocketReader } from "./socket.ts";
import type { Timeouts } from "./timeouts.ts";

/** How a pool dials. */
export interface DialOptions {
  /** Try again while nobody listens, too, as long as the time lasts? */
  waitForStart?: boolean;
  /** Resolves the name of the host. */
  lookup?: LookupFunction | undefined;
}

/** What {@link Connector} needs to know. */
export interface ConnectorOptions extends DialOptions {
  address: Address;
  /** ms for all attempts together; 0 for no limit. */
  timeout: number;
  timeouts: Timeouts;
  /** Gets what the socket reads. */
  reader: SocketReader;
  onOpen(socket: ClientSocket): void;
  onError(error: FastCGIError): void;
}

/** ms before the first and the longest wait between two attempts at a full backlog. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;

/** Idle connections to other hosts are probed after this many ms, so that a dead one is noticed. */
const TCP_KEEP_ALIVE = 60_000;

/**
 * Opens one socket. Exactly one of `onOpen` and `onError` is called, never from the constructor,
 * and neither after {@link Connector.cancel}.
 *
 * A UNIX socket whose backlog is full refuses with EAGAIN at once, where TCP would wait: that is
 * tried again after a small, jittered pause, as long as the time lasts.
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #deadline: Timer | undefined;
  #socket: ClientSocket | undefined;
  #pause: NodeJS.Timeout | undefined;
  #attempts = 0;
  #lastError: unknown;
  #settled = false;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    const { timeout, timeouts } = options;
    if (timeout > 0) this.#deadline = timeouts.schedule(timeout, () => this.#onDeadline());
    this.#attempt();
  }

  /** Gives up without a word. */
  cancel(): void {
    this.#settle();
    this.#socket?.destroy();
  }

  #attempt(): void {
    const { address, reader } = this.#options;
    const socket = new ClientSocket(reader);
    this.#socket = socket;
    this.#attempts++;
    socket.once("error", (error) => this.#onError(error));
    socket.once("connect", () => {
      if (this.#settled) return;
      this.#settle();
      socket.removeAllListeners("error");
      if (this.#options.address.kind === "tcp") {
        socket.setNoDelay(true);
        socket.setKeepAlive(true, TCP_KEEP_ALIVE);
      }
      this.#options.onOpen(socket);
    });
    connect(socket, address, this.#options.lookup);
  }

  #onError(error: Error): void {
    if (this.#settled) return;
    this.#lastError = error;
    if (!this.#mayTryAgain(systemCode(error))) {
      this.#settle();
      this.#options.onError(connectError(this.#options.address, error));
      return;
    }
    const longest = Math.min(FIRST_PAUSE * 2 ** (this.#attempts - 1), LONGEST_PAUSE);
    this.#pause = setTimeout(() => this.#attempt(), longest * (0.5 + Math.random() / 2));
  }

  #mayTryAgain(code: string): boolean {
    if (code === "EAGAIN") return this.#options.address.kind !== "tcp";
    return this.#options.waitForStart === true && (code === "ENOENT" || code === "ECONNREFUSED");
  }

  #onDeadline(): void {
    const { address, timeout } = this.#options;
    this.#settle();
    this.#socket?.destroy();
    const code = systemCode(this.#lastError);
    if (code === "ENOENT" || code === "ECONNREFUSED")
      return this.#options.onError(connectError(address, this.#lastError));
    this.#options.onError(
      connectTimeoutError(address, timeout, systemCode(this.#lastError) === "EAGAIN", this.#lastError),
    );
  }

  #settle(): void {
    this.#settled = true;
    if (this.#deadline !== undefined) this.#options.timeouts.cancel(this.#deadline);
    clearTimeout(this.#pause);
  }
}

function connect(socket: Socket, address: Address, lookup: LookupFunction | undefined): void {
  switch (address.kind) {
    case "unix":
      socket.connect({ path: address.path });
      return;
    case "abstract":
      socket.connect({ path: `\0${address.name}` });
      return;
    case "tcp":
      socket.connect({ host: address.host, port: address.port, ...(lookup === undefined ? {} : { lookup }) });
      return;
    case "fd":
      throw new FastCGIError("FCGI_ERR_BAD_ADDRESS", `${formatAddress(address)} can be listened on, not connected to.`);
  }
}
