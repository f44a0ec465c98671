import type { Socket } from "node:net";

import type { AdminTarget } from "../admin/admin-command.ts";
import type { WorkerStatus } from "../admin/status.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { createGateway } from "../gateway.ts";
import type { Gateway } from "../gateway.ts";
import { Certificates } from "../tls/certificates.ts";
import { type TlsFiles, localFiles } from "../tls/tls-files.ts";
import { Admission } from "./admission.ts";
import { explainClientError } from "./client-error.ts";
import { Entrance } from "./entrance.ts";
import { HttpFront } from "./http-front.ts";
import { connectionsThatFit } from "./open-files.ts";

/** Milliseconds that aborted requests get to end in order. */
const SETTLE = 1_000;

/**
 * Serves requests on connections that it is given: a gateway, and the fronts that speak HTTP. It opens no listening socket and
 * starts no process.
 */
export class Worker implements AdminTarget {
  readonly gateway: Gateway;
  readonly #front: HttpFront;
  readonly #admission: Admission;
  readonly #certificates: Certificates;
  readonly #entrances: readonly Entrance[];
  readonly #grace: number;
  /** May applications go on without their clients? */
  readonly #finishes: boolean;

  /**
   * @param ready requests that come before it is resolved wait for it
   * @param files where certificates and keys come from
   */
  constructor(config: ResolvedConfig, ready: Promise<void>, files: TlsFiles = localFiles) {
    this.#grace = config.shutdown.grace;
    this.#finishes = config.routes.some(({ fastcgi }) => fastcgi?.onClientAbort === "finish");
    // First, since they can be wrong.
    this.#certificates = new Certificates(config.listen, files);
    this.gateway = createGateway(config);
    const { requestHead, request, keepAlive, handshake } = config.timeouts;
    const { headerBytes, headerLines, target } = config.limits;
    // The gateway counts these too and has an error page for them: here is guarded against what exceeds the limits by far.
    const limits = { headBytes: headerBytes + target + 1_024, headLines: 2 * headerLines };
    this.#front = new HttpFront(
      this.gateway,
      { limits, requestHead, request, keepAlive, streams: config.limits.streams },
      ready,
      (malformed, connection) => explainClientError(malformed, connection, config),
    );
    const { connections, connectionsPerAddress } = config.limits;
    this.#admission = new Admission({
      connections: Math.min(connections, connectionsThatFit()),
      connectionsPerAddress,
      proxies: config.trustProxy.addresses,
    });
    this.#entrances = config.listen.map(
      (listen, index) =>
        new Entrance(listen, this.#certificates.stores[index], handshake, this.#front, this.#admission),
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

  /** Connections that were closed as they came, since they were too many. */
  get refused(): number {
    return this.#admission.refused;
  }

  /** All of what it is doing, for people. */
  status(): WorkerStatus {
    const { requests } = this.gateway.stats();
    return { connections: this.connections, active: this.requests, requests, upstreams: this.gateway.upstreams() };
  }

  /** As `Gateway.drain`. */
  drain(upstream: string, address: string): Promise<void> {
    return this.gateway.drain(upstream, address);
  }

  /** As `Gateway.restore`. */
  restore(upstream: string, address: string): void {
    this.gateway.restore(upstream, address);
  }

  /** What works, but should be looked at in the certificates. */
  get certificateWarnings(): readonly string[] {
    return this.#certificates.warnings;
  }

  /**
   * Takes an accepted connection.
   *
   * @param index of the address, in `listen` of the configuration
   */
  accept(socket: Socket, index = 0): void {
    (this.#entrances[index] as Entrance).accept(socket);
  }

  /**
   * Reads the certificates' files again; connections go on with what they have.
   *
   * @returns are there any?
   */
  reloadCertificates(): boolean {
    return this.#certificates.reload();
  }

  /** There come no more: idle connections end now, the others after their response, which says so. */
  endConnections(): void {
    this.#front.endConnections();
  }

  /** Lets running requests finish, at most `shutdown.grace` milliseconds, then cuts. */
  async close(): Promise<void> {
    this.#certificates.close();
    const since = performance.now();
    await this.#front.drain(this.#grace);
    // All clients are gone now; an application that does not notice must not keep the program up. One that goes on without has all of the time.
    const left = this.#finishes ? this.#grace - (performance.now() - since) : 0;
    const timer = setTimeout(() => void this.gateway.destroy(), Math.max(SETTLE, left));
    await this.gateway.close();
    clearTimeout(timer);
  }

  /** Cuts everything. */
  async destroy(): Promise<void> {
    this.#certificates.close();
    this.#front.destroy();
    await this.gateway.destroy();
  }
}
