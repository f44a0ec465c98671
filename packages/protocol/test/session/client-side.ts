import type { FastCGIError } from "../../src/errors.ts";
import type { Params } from "../../src/params.ts";
import { RecordOutput } from "../../src/record-output.ts";
import type { ClientExchange } from "../../src/session/client-exchange.ts";
import type { BeginOptions, ClientSessionOptions } from "../../src/session/client-options.ts";
import { ClientSession } from "../../src/session/client-session.ts";
import { concat, strictRecords, textOf } from "../vectors/wire.ts";
import type { WireRecord } from "../vectors/wire.ts";

/** One request and all that its handler was told. */
export class Call {
  exchange!: ClientExchange;
  stdout = "";
  stderr = "";
  /** Everything in order, as `stdout:text`. */
  readonly told: string[] = [];
  end: { appStatus: number; protocolStatus: number } | undefined;
  error: FastCGIError | undefined;
  /** How often the request was told to be over. */
  endings = 0;

  onStdout(chunk: Uint8Array, start: number, end: number): void {
    if (this.endings > 0) throw new Error("stdout after the end");
    this.stdout += textOf(chunk.subarray(start, end));
    this.told.push(`stdout:${textOf(chunk.subarray(start, end))}`);
  }

  onStderr(chunk: Uint8Array, start: number, end: number): void {
    if (this.endings > 0) throw new Error("stderr after the end");
    this.stderr += textOf(chunk.subarray(start, end));
    this.told.push(`stderr:${textOf(chunk.subarray(start, end))}`);
  }

  onEnd(appStatus: number, protocolStatus: number): void {
    this.endings++;
    this.end = { appStatus, protocolStatus };
  }

  onError(error: FastCGIError): void {
    this.endings++;
    this.error = error;
  }
}

/** A client session without a connection: what it sends is read strictly, what it tells is kept. */
export class ClientSide {
  readonly output: RecordOutput;
  readonly session: ClientSession;
  readonly calls: Call[] = [];
  readonly fatal: FastCGIError[] = [];
  readonly values: (Params | undefined)[] = [];

  constructor(options: Partial<ClientSessionOptions> = {}) {
    this.output = new RecordOutput(() => {});
    this.session = new ClientSession(this.output, {
      onFatal: (error) => this.fatal.push(error),
      onValues: (values) => this.values.push(values),
      ...options,
    });
  }

  begin(options: Partial<BeginOptions> = {}): Call {
    const call = new Call();
    call.exchange = this.session.begin({ role: 1, keepConn: true, params: {}, ...options }, call);
    this.calls.push(call);
    return call;
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
