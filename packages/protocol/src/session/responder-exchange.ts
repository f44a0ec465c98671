import { ProtocolStatus, RecordType } from "../constants.ts";
import type { Role } from "../constants.ts";
import type { FastCGIError } from "../errors.ts";
import type { Params } from "../params.ts";
import type { RecordOutput } from "../record-output.ts";

/** Receives what the web server sends for one request, after its params. */
export interface ResponderExchangeHandler {
  /** Bytes `start` to `end` of `chunk` came on FCGI_STDIN. */
  onStdin(chunk: Uint8Array, start: number, end: number): void;
  /** FCGI_STDIN is complete. An Authorizer's need not come at all. */
  onStdinEnd(): void;
  /** Bytes of the file that a Filter works on (FastCGI 1.0 §6.4). */
  onData(chunk: Uint8Array, start: number, end: number): void;
  /** FCGI_DATA is complete. */
  onDataEnd(): void;
  /**
   * The web server wants no answer any more: `FCGI_ERR_ABORTED` (FastCGI 1.0 §5.4; the application
   * still ends the request, as soon as it can), or the connection is gone.
   */
  onAbort(error: FastCGIError): void;
}

/** What the exchange tells its session. */
export interface ResponderExchangeOwner {
  onExchangeEnd(exchange: ResponderExchange): void;
}

/** One request, seen from the application's side. Made by `ResponderSession`. */
export class ResponderExchange {
  /** The request id, as the web server chose it. */
  readonly id: number;
  /** What the application is asked to be. */
  readonly role: Role;
  /** Does the web server keep the connection open after this request (FastCGI 1.0 §5.1)? */
  readonly keepConn: boolean;
  /** The request's variables. */
  readonly params: Params;
  readonly #output: RecordOutput;
  readonly #owner: ResponderExchangeOwner;
  #ended = false;
  #aborted = false;
  #stdoutUsed = false;
  #stderrUsed = false;

  constructor(
    request: { id: number; role: Role; keepConn: boolean; params: Params },
    output: RecordOutput,
    owner: ResponderExchangeOwner,
  ) {
    this.id = request.id;
    this.role = request.role;
    this.keepConn = request.keepConn;
    this.params = request.params;
    this.#output = output;
    this.#owner = owner;
  }

  /** Is END_REQUEST sent, or the connection gone? */
  get ended(): boolean {
    return this.#ended;
  }

  /** Does the web server want no answer any more? */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Sends response bytes; an empty range sends nothing; after the end they go nowhere. */
  writeStdout(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended || start >= end) return;
    this.#stdoutUsed = true;
    this.#output.stream(RecordType.Stdout, this.id, chunk, start, end);
  }

  /** Sends response bytes, and behind them text as UTF-8, in one record: see `RecordOutput.streamText` for how much that may be. */
  writeStdoutText(start: Uint8Array, text: string): void {
    if (this.#ended || start.length + text.length === 0) return;
    this.#stdoutUsed = true;
    this.#output.streamText(RecordType.Stdout, this.id, start, text);
  }

  /** Sends bytes for the web server's error log. */
  writeStderr(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended || start >= end) return;
    this.#stderrUsed = true;
    this.#output.stream(RecordType.Stderr, this.id, chunk, start, end);
  }

  /**
   * Ends the request: the end of STDOUT, the end of STDERR if it was used, END_REQUEST (FastCGI 1.0
   * §5.5, §6.1). STDOUT always ends, used or not, except for a request that is refused by
   * `protocolStatus`. Later calls do nothing.
   *
   * @param appStatus the application's exit status, unsigned 32 bits, 0 when all went well
   * @param protocolStatus other than 0 when the request was not run, for example `ProtocolStatus.Overloaded`
   */
  end(appStatus = 0, protocolStatus: ProtocolStatus = ProtocolStatus.RequestComplete): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#stdoutUsed || protocolStatus === ProtocolStatus.RequestComplete) {
      this.#output.endStream(RecordType.Stdout, this.id);
    }
    if (this.#stderrUsed) this.#output.endStream(RecordType.Stderr, this.id);
    this.#output.endRequest(this.id, appStatus, protocolStatus);
    this.#owner.onExchangeEnd(this);
  }

  /** For the session: ABORT_REQUEST came, or the web server is gone. */
  markAborted(): void {
    this.#aborted = true;
  }

  /** For the session: the connection is gone; nothing can be sent any more. */
  markEnded(): void {
    this.#ended = true;
  }
}
