import { connect } from "node:net";
import type { Socket } from "node:net";

import { onTestFinished } from "vitest";

import { Changes } from "./changes.ts";

/** A client that writes bytes and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  #closed = false;
  readonly #changes = new Changes();

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text: string) => {
      this.received += text;
      this.#changes.tell();
    });
    // A reset is an end as well.
    this.socket.on("error", () => undefined);
    this.socket.once("close", () => {
      this.#closed = true;
      this.#changes.tell();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  write(bytes: string): this {
    this.socket.write(bytes, "latin1");
    return this;
  }

  /** Resolves when the pattern was received; rejects when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    await this.#changes.until(() => this.#closed || pattern.test(this.received));
    if (!pattern.test(this.received)) throw new Error(`closed after ${JSON.stringify(this.received)}`);
    return this.received;
  }

  /** Resolves with everything that was received, when the connection has ended. */
  async closed(): Promise<string> {
    await this.#changes.until(() => this.#closed);
    return this.received;
  }
}
