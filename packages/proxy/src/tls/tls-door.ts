import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Server, TLSSocket } from "node:tls";

import type { CertificateStore } from "./certificate-store.ts";

/** Encrypts accepted connections. It listens nowhere. */
export class TlsDoor {
  readonly #server: Server;

  /**
   * @param http2 is it offered beside HTTP/1.1?
   * @param handshake ms; 0: any
   * @param onSecure gets each connection whose handshake is over, with the one it runs on
   */
  constructor(
    store: CertificateStore,
    http2: boolean,
    handshake: number,
    onSecure: (secure: TLSSocket, raw: Socket) => void,
  ) {
    this.#server = createServer({
      ...store.first.options,
      ALPNProtocols: http2 ? ["h2", "http/1.1", "http/1.0"] : ["http/1.1", "http/1.0"],
      // Never throws: an exception here would end the process (CVE-2026-21637).
      SNICallback: (serverName, callback) => callback(null, store.contextFor(serverName)),
      allowHalfOpen: true,
      ...(handshake === 0 ? {} : { handshakeTimeout: handshake }),
    });
    this.#server.on("secureConnection", (secure) => {
      const raw = underlying(secure);
      if (raw === undefined) secure.destroy();
      else onSecure(secure, raw);
    });
    // A handshake that fails is the client's matter; its connection is closed by Node.
    this.#server.on("tlsClientError", (_error, secure) => {
      secure.on("error", () => undefined);
      secure.destroy();
    });
    store.onChange = () => this.#server.setSecureContext(store.first.options);
  }

  accept(raw: Socket): void {
    // Documented for connections that somebody else accepted.
    this.#server.emit("connection", raw);
  }
}

/** The connection below TLS, which knows what was said before. */
function underlying(secure: TLSSocket): Socket | undefined {
  return (secure as TLSSocket & { readonly _parent?: Socket })._parent;
}
