import { Role } from "@x/protocol";
import type { ParamList } from "@x/protocol";

import { BodySender, PIECE } from "./body-sender.ts";
import { isSource } from "./body.ts";
import type { BodySource } from "./body.ts";
import type { ConnectionOutput } from "./connection-output.ts";
import type { SessionExchange } from "./session.ts";

/** Of any length that a number holds exactly. */
const MOST_DIGITS = 16;

/** What a request sends. */
export interface InputBodies {
  role: Role;
  params: ParamList;
  stdin: Uint8Array | BodySource | undefined;
  data: Uint8Array | BodySource | undefined;
}

/** Hears how the sending goes. */
export interface InputOwner {
  onInputProgress(): void;
  /** A source failed: the stream is left without its end, or the application would take the part for the whole. */
  onInputError(error: Error): void;
}

/** Sends FCGI_STDIN and, for a filter, FCGI_DATA after it (FastCGI 1.0 §6.4). */
export class RequestInput {
  readonly #output: ConnectionOutput;
  readonly #exchange: SessionExchange;
  readonly #bodies: InputBodies;
  readonly #owner: InputOwner;
  #sender: BodySender | undefined;
  #stdinBytes = 0;
  #dataStarted = false;

  constructor(output: ConnectionOutput, exchange: SessionExchange, bodies: InputBodies, owner: InputOwner) {
    this.#output = output;
    this.#exchange = exchange;
    this.#bodies = bodies;
    this.#owner = owner;
  }

  /**
   * May it leave bytes on its connection that nobody reads? PHP reads no more of a body than CONTENT_LENGTH says, and never
   * FCGI_DATA; it would take the rest for the next request.
   */
  get overruns(): boolean {
    return this.#bodies.role === Role.Filter || !(this.#stdinBytes <= contentLength(this.#bodies.params));
  }

  /** Sends what there is at once; the rest as the connection takes it. */
  start(): void {
    const exchange = this.#exchange;
    this.#send(
      this.#bodies.stdin,
      (chunk) => {
        this.#stdinBytes += chunk.length;
        exchange.writeStdin(chunk);
      },
      () => {
        exchange.endStdin();
        if (this.#bodies.role === Role.Filter) this.#sendData();
      },
    );
  }

  /** The request is over; what was not sent is not wanted. */
  cancel(reason?: Error): void {
    this.#sender?.cancel(reason);
    if (!this.#dataStarted) cancelBody(this.#bodies.data, reason);
  }

  #sendData(): void {
    const exchange = this.#exchange;
    this.#dataStarted = true;
    this.#send(
      this.#bodies.data,
      (chunk) => exchange.writeData(chunk),
      () => exchange.endData(),
    );
  }

  #send(body: Uint8Array | BodySource | undefined, write: (chunk: Uint8Array) => void, end: () => void): void {
    if (body === undefined || (body instanceof Uint8Array && body.length <= PIECE)) {
      if (body !== undefined) write(body);
      end();
      return;
    }
    const owner = this.#owner;
    this.#sender = new BodySender(this.#output, body, {
      write,
      end,
      fail: (error) => owner.onInputError(error),
      progress: () => owner.onInputProgress(),
    });
    this.#sender.start();
  }
}

/** Ends the sources of a request that never got to send them. */
export function cancelInput(bodies: InputBodies, reason: Error | undefined): void {
  cancelBody(bodies.stdin, reason);
  cancelBody(bodies.data, reason);
}

function contentLength({ names, values }: ParamList): number {
  const value = values[names.lastIndexOf("CONTENT_LENGTH")] ?? "0";
  return Number(typeof value === "string" ? value : String.fromCharCode(...value.subarray(0, MOST_DIGITS)));
}

function cancelBody(body: Uint8Array | BodySource | undefined, reason: Error | undefined): void {
  if (isSource(body)) body.cancel?.(reason);
}
