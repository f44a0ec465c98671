import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Encryption, Endpoint } from "../gateway-request.ts";
import { type ConnectionEnds, SocketEncryption, localEndpoint, remoteEndpoint } from "./endpoint.ts";

/** Who is at both ends of an accepted connection: known from the beginning, since of one that has gone they cannot be had any more. */
export class Accepted {
  readonly scheme: "http" | "https";
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** undefined: it is not encrypted here. */
  readonly encryption: Encryption | undefined;

  /** @param ends who they are, when the socket itself does not know */
  constructor(socket: Socket, ends?: ConnectionEnds) {
    const encrypted = (socket as Partial<TLSSocket>).encrypted === true;
    this.scheme = encrypted ? "https" : "http";
    this.encryption = encrypted ? new SocketEncryption(socket as TLSSocket) : undefined;
    this.remote = ends?.remote ?? remoteEndpoint(socket);
    this.local = ends?.local ?? localEndpoint(socket);
  }
}
