import { ParamList, Params } from "@x/protocol";
import type { FastCGIError } from "@x/protocol/errors";
import { RawOutput } from "@x/protocol/scgi";
import type { ResponderExchangeHandler } from "@x/protocol/session";

import { SingleExchange } from "./single-exchange.ts";
import type { OpenWire, WireEvents, WireSession } from "./wire.ts";

/**
 * CGI: one request a process, its params in the environment, its body on stdin, its response on stdout (RFC 3875 §4.2, §6).
 *
 * @param environment names and values, latin-1 or bytes
 * @param onEnd called with the exit status
 */
export function openCgi(
  environment: readonly (readonly [name: string, value: string | Uint8Array])[],
  onEnd: (appStatus: number) => void,
): OpenWire {
  return (events) => {
    const output = new RawOutput(() => events.onPending());
    const session = new CgiSession(output, events, toParams(environment), onEnd);
    // The end of stdin is the end of the body, no more. What becomes of the web server only writing tells.
    return { output, session, endIsAbort: false, probe: () => {}, cut: () => false };
  };
}

/** The process's one request, which begins with the first `receive`. */
class CgiSession implements WireSession {
  /** There is no head to wait for. */
  readonly receiving: boolean = false;
  readonly #events: WireEvents;
  readonly #exchange: SingleExchange;
  #handler: ResponderExchangeHandler | undefined;
  #closed = false;

  constructor(output: RawOutput, events: WireEvents, params: Params, onEnd: (appStatus: number) => void) {
    this.#events = events;
    this.#exchange = new SingleExchange(params, output, (appStatus) => {
      onEnd(appStatus);
      this.#closed = true;
      events.onClose();
    });
  }

  get active(): number {
    return this.#closed ? 0 : 1;
  }

  /** The process ends with its request anyway. */
  drain(): void {}

  receive(chunk: Uint8Array, start: number, end: number): void {
    if (this.#closed) return;
    this.#begin();
    if (end > start) this.#handler?.onStdin(chunk, start, end);
  }

  receiveEnd(): void {
    if (!this.#closed) this.#handler?.onStdinEnd();
  }

  fail(error: FastCGIError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exchange.markEnded();
    this.#events.onFatal(error);
  }

  #begin(): void {
    if (this.#handler !== undefined) return;
    const { params } = this.#exchange;
    this.#handler = this.#events.onRequest(this.#exchange);
    // Without a length there is no body (RFC 3875 §4.2), unless the web server hands on a chunked one as it comes (Apache).
    const chunked = params.get("HTTP_TRANSFER_ENCODING") !== undefined;
    if (!chunked && (params.get("CONTENT_LENGTH") ?? "") === "") this.#handler.onStdinEnd();
  }
}

function toParams(environment: readonly (readonly [string, string | Uint8Array])[]): Params {
  const list = new ParamList();
  for (const [name, value] of environment) list.add(name, value);
  const pairs = new Uint8Array(list.byteLength);
  list.writeTo(pairs, 0);
  return new Params(pairs);
}
