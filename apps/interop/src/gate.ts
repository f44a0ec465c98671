import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** Where applications wait between the pieces of what they stream: each connection is one that waits until it is let go on. */
export class Gate {
  readonly #server: Server;
  readonly #waiting: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      socket.on("error", () => socket.destroy());
      this.#waiting.push(socket);
      // One that gives up, or whose test has failed, does not wait any more. It says nothing, but only who reads sees its end.
      socket.resume().once("close", () => {
        const at = this.#waiting.indexOf(socket);
        if (at >= 0) this.#waiting.splice(at, 1);
      });
      server.emit("waiting");
    });
  }

  static async open(): Promise<Gate> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Gate(server);
  }

  /** `127.0.0.1:9000` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets one application go on, when it has come. @throws when none comes before the signal */
  async letOneGoOn(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length === 0) await once(this.#server, "waiting", { signal });
    this.#waiting.shift()?.end();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }
}
