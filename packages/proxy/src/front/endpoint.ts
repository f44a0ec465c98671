import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Encryption, Endpoint } from "../gateway-request.ts";

/** Both ends of a connection. */
export interface ConnectionEnds {
  readonly remote: Endpoint;
  readonly local: Endpoint;
}

/** The client's end of a connection. */
export function remoteEndpoint(socket: Socket): Endpoint {
  return { address: plainAddress(socket.remoteAddress), port: socket.remotePort };
}

/** Our end of a connection. */
export function localEndpoint(socket: Socket): Endpoint {
  return { address: plainAddress(socket.localAddress), port: socket.localPort };
}

/** What both ends of an encrypted connection agreed upon, looked up when somebody asks. */
export class SocketEncryption implements Encryption {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get protocol(): string {
    return this.#socket.getProtocol() ?? "";
  }

  get cipher(): string {
    return (this.#socket.getCipher() as { readonly name: string } | undefined)?.name ?? "";
  }

  get serverName(): string | undefined {
    const { servername } = this.#socket as TLSSocket & { readonly servername?: string | false | null };
    return typeof servername === "string" && servername !== "" ? servername : undefined;
  }
}

/** Cuts a connection so that the client sees an error, whatever way it was told to find the end of the response. */
export function resetConnection(socket: Socket, remote: Endpoint, scheme: "http" | "https"): void {
  // Only TCP knows resetting; on a UNIX socket and within TLS the missing end has to do.
  if (remote.address === undefined || scheme === "https") socket.destroy();
  else socket.resetAndDestroy();
}

/** A socket that takes both kinds shows IPv4 addresses as `::ffff:1.2.3.4`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith("::ffff:") === true && address.includes(".") ? address.slice(7) : address;
}
