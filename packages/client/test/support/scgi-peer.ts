// A scripted SCGI application on a real socket, built from @x/protocol alone.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Params } from "@x/protocol";
import { ScgiRequestDecoder } from "@x/protocol/scgi";

export interface ScgiRequest {
  params: Params;
  body: string;
  /** The bytes as they came. */
  raw: string;
  socket: Socket;
}

export class ScgiPeer implements AsyncDisposable {
  readonly requests: ScgiRequest[] = [];
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets: Socket[] = [];
  readonly address: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.address = `scgi+unix:${join(folder, "scgi.sock")}`;
  }

  /** @param answer called with each request when its body is complete, and when it begins if it has `onHead` */
  static async start(answer: (request: ScgiRequest) => void, onHead?: (socket: Socket) => void): Promise<ScgiPeer> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      peer.#sockets.push(socket);
      let params: Params | undefined;
      let body = "";
      let raw = "";
      const decoder = new ScgiRequestDecoder({
        onRequest: (read) => {
          params = read;
          onHead?.(socket);
        },
        onBody: (chunk, from, end) => (body += Buffer.from(chunk.subarray(from, end)).toString("latin1")),
        onBodyEnd: () => {
          const request = { params: params!, body, raw, socket };
          peer.requests.push(request);
          answer(request);
        },
      });
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        raw += chunk.toString("latin1");
        decoder.push(chunk);
      });
    });
    const peer = new ScgiPeer(server, mkdtempSync(join(tmpdir(), "x-client-")));
    server.listen(join(peer.#folder, "scgi.sock"));
    await once(server, "listening");
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
