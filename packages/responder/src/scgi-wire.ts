import type { Params } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";
import { RawOutput, ScgiRequestDecoder } from "@x/protocol/scgi";
import type { ResponderExchangeHandler } from "@x/protocol/session";

import type { ConnectionLimits } from "./connection-limits.ts";
import { responseHead } from "./response-head.ts";
import { SingleExchange } from "./single-exchange.ts";
import type { OpenWire, WireEvents, WireSession } from "./wire.ts";

/** SCGI: one request a connection, and a CGI response that ends with it. */
export const openScgi: OpenWire = (events, limits, peer) => {
  const output = new RawOutput(() => events.onPending());
  const session = new ScgiSession(output, events, limits, peer);
  return { output, session, endIsAbort: true, probe: () => {}, cut: () => false };
};

/** The application's end of one SCGI connection. */
class ScgiSession implements WireSession {
  readonly #output: RawOutput;
  readonly #events: WireEvents;
  readonly #peer: string;
  readonly #decoder: ScgiRequestDecoder;
  #begun = false;
  #closed = false;
  #exchange: SingleExchange | undefined;
  #handler: ResponderExchangeHandler | undefined;

  constructor(output: RawOutput, events: WireEvents, limits: ConnectionLimits, peer: string) {
    this.#output = output;
    this.#events = events;
    this.#peer = peer;
    this.#decoder = new ScgiRequestDecoder(
      {
        onRequest: (params) => this.#onRequest(params),
        onBody: (chunk, start, end) => this.#handler?.onStdin(chunk, start, end),
        onBodyEnd: () => this.#handler?.onStdinEnd(),
      },
      limits,
    );
  }

  get active(): number {
    return this.#begun && !this.#closed ? 1 : 0;
  }

  get receiving(): boolean {
    return this.active === 1 && this.#exchange === undefined;
  }

  drain(): void {
    if (!this.#begun) this.#close();
  }

  receive(chunk: Uint8Array, start: number, end: number): void {
    // What comes behind the body is ignored, as in FastCGI what comes behind CONTENT_LENGTH bytes is.
    if (this.#closed || start === end || this.#decoder.complete) return;
    if (!this.#begun && !this.#events.admit()) {
      this.#refuse(503);
      return;
    }
    this.#begun = true;
    try {
      this.#decoder.push(chunk, start, end);
    } catch (error) {
      if (this.#decoder.complete) return;
      const failure = FastCGIError.from(error, "FCGI_ERR_BAD_RECORD");
      if (failure.code === "FCGI_ERR_PARAMS_OVERFLOW") this.#output.write(responseHead(431, []));
      this.fail(failure);
    }
  }

  receiveEnd(): void {
    if (this.#closed) return;
    if (this.#exchange !== undefined) this.#handler?.onAbort(this.#gone());
    else if (this.#begun) this.fail(this.#gone());
    else this.#close();
  }

  fail(error: FastCGIError): void {
    if (this.#closed) return;
    this.#closed = true;
    error.address ??= this.#peer;
    this.#exchange?.markEnded();
    this.#events.onFatal(error);
  }

  #onRequest(params: Params): void {
    this.#exchange = new SingleExchange(params, this.#output, () => this.#close());
    this.#handler = this.#events.onRequest(this.#exchange);
  }

  #refuse(statusCode: number): void {
    this.#output.write(responseHead(statusCode, []));
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.onClose();
  }

  #gone(): FastCGIError {
    return new FastCGIError("FCGI_ERR_SOCKET", "The web server closed the connection.", { address: this.#peer });
  }
}
