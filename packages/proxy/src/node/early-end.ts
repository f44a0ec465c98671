import type { Connection, Watcher } from "./connection.ts";
import type { NodeRequest } from "./request.ts";
import type { NodeResponse } from "./response.ts";

/** Milliseconds that a client gets to read an answer while it still sends. */
const LINGER = 1_000;

/**
 * Ends a response whose request has not come whole: the rest of the body must not be taken for a next request, and closing with
 * unread bytes would reset the connection before the client has read the answer. So the answer says `Connection: close`, what
 * still comes is thrown away for a second, and then the connection is closed.
 */
export class EarlyEnd implements Watcher {
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #connection: Connection;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: NodeRequest, response: NodeResponse, connection: Connection) {
    this.#request = request;
    this.#response = response;
    this.#connection = connection;
  }

  start(): void {
    this.#request.discard();
    // Most bodies are small and lie in the same packet as the head: then nothing is early.
    setImmediate(() => {
      if (this.#request.complete) this.#response.finish();
      else if (this.#response.headWaits) this.#endLast();
      else this.#endStreamed();
    });
  }

  onConnectionClosed(): void {
    clearTimeout(this.#timer);
    this.#connection.unwatch(this);
  }

  #endLast(): void {
    this.#response.flushLast();
    // Who waits to be asked for the body sends none.
    if (this.#request.awaitsContinue) this.#response.finish();
    else this.#linger(() => this.#response.finish());
  }

  /** The head is out and promised nothing about the connection: when the rest comes soon, it can go on. */
  #endStreamed(): void {
    this.#response.finish();
    this.#linger((complete) => {
      if (!complete) this.#connection.socket.destroySoon();
    });
  }

  #linger(then: (complete: boolean) => void): void {
    this.#connection.watch(this);
    this.#timer = setTimeout(() => {
      this.#connection.unwatch(this);
      then(false);
    }, LINGER);
    this.#request.onComplete(() => {
      this.onConnectionClosed();
      then(true);
    });
  }
}
