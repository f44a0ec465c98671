import type { IncomingMessage } from "node:http";

import type { Accepted } from "../front/accepted.ts";
import { FrontRequest } from "../front/front-request.ts";
import type { GatewayBodySink } from "../gateway-request.ts";

/** A request of `node:http`. Only its raw fields are read: the cooked ones drop and join what has to be judged. */
export class NodeRequest extends FrontRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  readonly #message: IncomingMessage;
  #sink: GatewayBodySink | undefined;
  #flowing = false;
  #continued = false;

  constructor(message: IncomingMessage, connection: Accepted) {
    super(connection);
    this.#message = message;
    this.method = message.method ?? "GET";
    this.target = message.url ?? "";
    this.rawHeaders = message.rawHeaders;
    // The parser lets HTTP/2.0 pass on a line of HTTP/1.
    this.httpVersion =
      message.httpVersionMajor === 1 ? message.httpVersion : `${message.httpVersion} on an HTTP/1 line`;
  }

  /** Does the client hold its body back until it is told 100 Continue? */
  get awaitsContinue(): boolean {
    return this.#continued ? false : this.#message.headers.expect !== undefined;
  }

  set awaitsContinue(awaits: false) {
    this.#continued = !awaits;
  }

  get complete(): boolean {
    return this.#message.complete;
  }

  start(sink: GatewayBodySink): void {
    this.#sink = sink;
    this.#flowing = true;
    const message = this.#message;
    message.on("data", (chunk: Uint8Array) => {
      if (this.#sink === undefined) return;
      // The sink may do with it what it likes, unless somebody else listens as well.
      const own = message.listenerCount("data") === 1 ? chunk : Buffer.from(chunk);
      if (!this.#sink.write(own) && this.#sink !== undefined) this.pause();
    });
    message.on("end", () => this.#end(message.complete));
    message.on("error", () => undefined);
    message.on("close", () => this.#end(false));
  }

  pause(): void {
    if (!this.#flowing) return;
    this.#flowing = false;
    this.#message.pause();
  }

  resume(): void {
    if (this.#flowing) return;
    this.#flowing = true;
    this.#message.resume();
  }

  /** Reads on without keeping anything: the answer is out, and the connection needs the rest to go away. */
  discard(): void {
    this.#sink = undefined;
    this.#message.resume();
  }

  /** Calls back when the last byte of the body has come. */
  onComplete(callback: () => void): void {
    this.#message.once("end", callback);
  }

  /** A connection that breaks can end the stream like a message that is complete: only the parser knows. */
  #end(complete: boolean): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink === undefined) return;
    if (complete) sink.end();
    else sink.error(new Error("The client closed the connection within its request."));
  }
}
