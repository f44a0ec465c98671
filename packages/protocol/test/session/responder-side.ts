import type { FastCGIError } from "../../src/errors.ts";
import { RecordOutput } from "../../src/record-output.ts";
import type { ResponderExchange, ResponderExchangeHandler } from "../../src/session/responder-exchange.ts";
import type { ResponderSessionOptions } from "../../src/session/responder-options.ts";
import { ResponderSession } from "../../src/session/responder-session.ts";
import { concat, strictRecords, textOf } from "../vectors/wire.ts";
import type { WireRecord } from "../vectors/wire.ts";

/** One request and all that its handler was told. */
export class Served implements ResponderExchangeHandler {
  readonly exchange: ResponderExchange;
  stdin = "";
  data = "";
  /** Everything in order: `stdin`, `stdin end`, `data`, `data end`, `abort CODE`; equal neighbours once. */
  readonly told: string[] = [];
  readonly aborts: FastCGIError[] = [];

  constructor(exchange: ResponderExchange) {
    this.exchange = exchange;
  }

  onStdin(chunk: Uint8Array, start: number, end: number): void {
    this.stdin += textOf(chunk.subarray(start, end));
    this.#tell("stdin");
  }

  onStdinEnd(): void {
    this.told.push("stdin end");
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.data += textOf(chunk.subarray(start, end));
    this.#tell("data");
  }

  onDataEnd(): void {
    this.told.push("data end");
  }

  onAbort(error: FastCGIError): void {
    this.aborts.push(error);
    this.told.push(`abort ${error.code}`);
  }

  #tell(what: string): void {
    if (this.told.at(-1) !== what) this.told.push(what);
  }
}

/** A responder session without a connection: what it sends is read strictly, what it tells is kept. */
export class ResponderSide {
  readonly output: RecordOutput;
  readonly session: ResponderSession;
  readonly served: Served[] = [];
  readonly fatal: FastCGIError[] = [];
  /** How often the session asked to close. */
  closes = 0;

  /** @param react what the application does as soon as a request begins */
  constructor(options: Partial<ResponderSessionOptions> = {}, react?: (served: Served) => void) {
    this.output = new RecordOutput(() => {});
    this.session = new ResponderSession(this.output, {
      onRequest: (exchange) => {
        const served = new Served(exchange);
        this.served.push(served);
        react?.(served);
        return served;
      },
      onFatal: (error) => this.fatal.push(error),
      onClose: () => this.closes++,
      ...options,
    });
  }

  receive(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.session.receive(chunk);
  }

  /** The bytes sent since the last look. */
  sentBytes(): Uint8Array {
    return concat(...this.output.take());
  }

  /** The records sent since the last look. */
  sent(): WireRecord[] {
    return strictRecords(this.sentBytes());
  }
}
