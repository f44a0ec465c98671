// A TCP relay between client and application that behaves as a bad network does, without a clock: turns of the event loop pass.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";

export class BadNetwork implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #dead = false;
  #seed = 1;
  address = "";

  private constructor(application: string) {
    const { hostname, port } = new URL(application);
    // allowHalfOpen: an end is passed on after the bytes before it, as a network does.
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      this.#sockets.push(near, far);
      void this.#carry(near, far);
      void this.#carry(far, near);
    });
  }

  static async start(application: string): Promise<BadNetwork> {
    const network = new BadNetwork(application);
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    network.address = `tcp://127.0.0.1:${(network.#server.address() as AddressInfo).port}`;
    return network;
  }

  /** From now on nothing passes, and nobody is told. */
  die(): void {
    this.#dead = true;
  }

  /** Resets all connections. */
  reset(): void {
    for (const socket of this.#sockets.splice(0)) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  /** In pieces of a small packet at most, each after none to three turns. */
  async #carry(from: Socket, to: Socket): Promise<void> {
    from.on("error", () => {});
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length;) {
          const piece = chunk.subarray(at, at + 1 + this.#random(1_000));
          at += piece.length;
          for (let turns = this.#random(4); turns > 0; turns--) await setImmediate();
          // Neither read on nor closed.
          if (this.#dead) await new Promise(() => {});
          if (!to.write(piece)) await Promise.race([once(to, "drain"), once(to, "close")]);
        }
      }
      to.end();
    } catch {
      to.destroy();
    }
  }

  /** The same at every run. */
  #random(below: number): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#seed % below;
  }
}
