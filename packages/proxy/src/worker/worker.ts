import type { Socket } from "node:net";

import type { ResolvedConfig } from "../config/resolved-config.ts";
import { createGateway } from "../gateway.ts";
import type { Gateway } from "../gateway.ts";
import { explainClientError } from "./client-error.ts";
import { HttpFront } from "./http-front.ts";

/** Milliseconds that aborted requests get to end in order. */
const SETTLE = 1_000;

/**
 * Serves requests on connections that it is given: a gateway, and the fronts that speak HTTP. It opens no listening socket and
 * starts no process.
 */
export class Worker {
  readonly gateway: Gateway;
  readonly #front: HttpFront;
  readonly #grace: number;

  /** @param ready requests that come before it is resolved wait for it */
  constructor(config: ResolvedConfig, ready: Promise<void>) {
    this.#grace = config.shutdown.grace;
    this.gateway = createGateway(config);
    const { requestHead, request, keepAlive } = config.timeouts;
    const { headerBytes, headerLines, target } = config.limits;
    // The gateway counts these too and has an error page for them: here is guarded against what exceeds the limits by far.
    const limits = { headBytes: headerBytes + target + 1_024, headLines: 2 * headerLines };
    this.#front = new HttpFront(
      this.gateway,
      { limits, requestHead, request, keepAlive },
      ready,
      (malformed, connection) => explainClientError(malformed, connection, config),
    );
  }

  /** Open connections of clients. */
  get connections(): number {
    return this.#front.connections;
  }

  /** Requests that are being answered. */
  get requests(): number {
    return this.#front.requests;
  }

  /** Takes an accepted connection. */
  accept(socket: Socket): void {
    this.#front.accept(socket);
  }

  /** Lets running requests finish, at most `shutdown.grace` milliseconds, then cuts. */
  async close(): Promise<void> {
    await this.#front.drain(this.#grace);
    // All clients are gone now; an application that does not notice must not keep the program up.
    const timer = setTimeout(() => void this.gateway.destroy(), SETTLE);
    await this.gateway.close();
    clearTimeout(timer);
  }

  /** Cuts everything. */
  async destroy(): Promise<void> {
    this.#front.destroy();
    await this.gateway.destroy();
  }
}
