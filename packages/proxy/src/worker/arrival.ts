import type { Socket } from "node:net";

import { Deadline } from "../front/deadline.ts";
import type { ConnectionEnds } from "../front/endpoint.ts";
import type { FrontConnection } from "../front/front-connection.ts";
import { parseProxyHeader } from "../proxy-protocol/proxy-header.ts";
import { timers } from "../timers.ts";

/** The first byte of a TLS handshake (RFC 8446 §5.1). */
const HANDSHAKE = 0x16;

const PLAIN_ON_TLS =
  "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\r\nThis address speaks https: ask by https://.\n";

/** What an {@link Arrival} is for. */
export interface ArrivalOwner {
  /** Does it begin with a PROXY protocol header? */
  readonly expectsHeader: boolean;
  readonly expectsTls: boolean;
  /** ms; 0: any */
  readonly handshake: number;
  /** It has said who it is; with TLS, the handshake begins now. */
  onKnown(arrival: Arrival): void;
  /** It has not said who it is, and is closed. */
  onUnknown(arrival: Arrival, why: "none" | "late"): void;
  /** It became another's connection, or has gone. */
  onLeft(arrival: Arrival): void;
}

const arrivals = Symbol("arrival");

type Arriving = Socket & { [arrivals]?: Arrival };

/** A connection of which it is not known yet what is spoken on it, or by whom: it has one deadline for all of that. */
export class Arrival implements FrontConnection {
  slot = 0;
  readonly socket: Socket;
  /** What its PROXY protocol header says. */
  ends: ConnectionEnds | undefined;
  readonly #owner: ArrivalOwner;
  readonly #deadline: Deadline;
  #bytes: Buffer | undefined;
  #left = false;

  constructor(socket: Socket, owner: ArrivalOwner) {
    this.socket = socket;
    this.#owner = owner;
    this.#deadline = new Deadline(timers, () => this.#late());
    this.#deadline.set(owner.handshake);
    (socket as Arriving)[arrivals] = this;
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onEnd);
    // "close" follows.
    socket.on("error", () => undefined);
    socket.on("close", () => this.leave());
  }

  /** That of a socket; undefined: it came in another way. */
  static of(socket: Socket): Arrival | undefined {
    return (socket as Arriving)[arrivals];
  }

  drain(): void {
    this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** It is another's connection now. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#deadline.stop();
    this.socket.off("readable", this.#onReadable);
    this.socket.off("end", this.#onEnd);
    this.#owner.onLeft(this);
  }

  readonly #onEnd = (): void => {
    this.socket.destroy();
  };

  readonly #onReadable = (): void => {
    const chunk = this.socket.read() as Buffer | null;
    if (chunk === null) return;
    let bytes = this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#bytes = undefined;
    if (this.#awaitsHeader) {
      const header = parseProxyHeader(bytes);
      if (header === "bad") {
        this.#owner.onUnknown(this, "none");
        this.destroy();
        return;
      }
      if (header === "more") {
        this.#bytes = bytes;
        return;
      }
      this.ends = header.ends;
      this.#unnamed = header.ends === undefined;
      bytes = bytes.subarray(header.length);
    }
    this.#known(bytes);
  };

  #unnamed = false;

  get #awaitsHeader(): boolean {
    return this.#owner.expectsHeader && this.ends === undefined && !this.#unnamed;
  }

  #late(): void {
    if (this.#awaitsHeader) this.#owner.onUnknown(this, "late");
    this.destroy();
  }

  #known(bytes: Buffer): void {
    if (this.#owner.expectsTls) {
      if (bytes.length === 0) return;
      if (bytes[0] !== HANDSHAKE) {
        this.#refuse();
        return;
      }
    }
    this.socket.off("readable", this.#onReadable);
    this.socket.off("end", this.#onEnd);
    if (bytes.length > 0) this.socket.unshift(bytes);
    this.#owner.onKnown(this);
  }

  /** Somebody asks by http where https is spoken; anybody else would not understand an answer. */
  #refuse(): void {
    this.socket.off("readable", this.#onReadable);
    this.socket.resume();
    this.socket.end(PLAIN_ON_TLS);
  }
}
