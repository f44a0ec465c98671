import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { ResolvedListen } from "../config/listen-config.ts";
import { remoteEndpoint } from "../front/endpoint.ts";
import { AddressSet } from "../http/addresses.ts";
import type { CertificateStore } from "../tls/certificate-store.ts";
import { TlsDoor } from "../tls/tls-door.ts";
import type { Admission } from "./admission.ts";
import { Arrival, type ArrivalOwner } from "./arrival.ts";
import type { HttpFront } from "./http-front.ts";
import { type UnannouncedConnection, refusedChannel } from "./refused.ts";

/** What a new connection goes through at one place where the server listens: PROXY protocol, TLS, and the choice of HTTP's version. */
export class Entrance implements ArrivalOwner {
  readonly expectsHeader: boolean;
  readonly expectsTls: boolean;
  readonly handshake: number;
  /** As `listen` has it. */
  readonly #text: string;
  readonly #front: HttpFront;
  readonly #admission: Admission;
  readonly #trusted: AddressSet | undefined;
  readonly #door: TlsDoor | undefined;

  /**
   * @param store its certificates; undefined: nothing is encrypted
   * @param handshake ms; 0: any
   */
  constructor(
    listen: ResolvedListen,
    store: CertificateStore | undefined,
    handshake: number,
    front: HttpFront,
    admission: Admission,
  ) {
    this.#admission = admission;
    this.#front = front;
    this.handshake = handshake;
    this.#text = listen.text;
    this.#trusted = listen.proxyProtocol && new AddressSet(listen.proxyProtocol);
    this.expectsHeader = this.#trusted !== undefined;
    this.expectsTls = store !== undefined;
    this.#door =
      store && new TlsDoor(store, listen.http2, handshake, (secure, raw) => this.#onSecure(secure, Arrival.of(raw)));
  }

  /** Takes an accepted connection. */
  accept(socket: Socket): void {
    if (!this.#admission.admit(socket)) return;
    if (this.#trusted === undefined) {
      if (!this.#admission.admitFrom(socket, socket.remoteAddress)) return;
    } else if (!this.#trusted.has(remoteEndpoint(socket).address)) {
      this.#unknown(socket, "stranger");
      socket.destroy();
      return;
    }
    if (this.#trusted === undefined && this.#door === undefined) this.#front.accept(socket);
    else this.#front.add(new Arrival(socket, this));
  }

  onKnown(arrival: Arrival): void {
    const { socket, ends } = arrival;
    if (ends !== undefined && !this.#admission.admitFrom(socket, ends.remote.address)) return;
    if (this.#door !== undefined) {
      this.#door.accept(socket);
      return;
    }
    arrival.leave();
    this.#front.accept(socket, ends);
  }

  onUnknown({ socket }: Arrival, why: "none" | "late"): void {
    this.#unknown(socket, why);
  }

  onLeft(arrival: Arrival): void {
    this.#front.remove(arrival);
  }

  #unknown(socket: Socket, why: UnannouncedConnection["why"]): void {
    if (!refusedChannel.hasSubscribers) return;
    const { address } = remoteEndpoint(socket);
    refusedChannel.publish({ limit: "proxyProtocol", why, listen: this.#text, remote: address });
  }

  #onSecure(secure: TLSSocket, arrival: Arrival | undefined): void {
    arrival?.leave();
    if (this.#front.draining) secure.destroy();
    else if (secure.alpnProtocol === "h2") this.#front.acceptHttp2(secure, arrival?.ends);
    else this.#front.accept(secure, arrival?.ends);
  }
}
