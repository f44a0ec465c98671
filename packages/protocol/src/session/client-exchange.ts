import { RecordType, Role } from "../constants.ts";
import { FastCGIError } from "../errors.ts";
import type { RecordOutput } from "../record-output.ts";

/**
 * Bytes of a body in one record, 16 KiB with its header. uWSGI (2.0) answers a body with nothing when it waited for a record and
 * found only a part of it, which the kernel makes of long ones.
 */
const STDIN_CONTENT = 16_376;

/** Receives what the application answers to one request. After `onEnd` or `onError` nothing more is called. */
export interface ClientExchangeHandler {
  /** Bytes `start` to `end` of `chunk` came on FCGI_STDOUT. */
  onStdout(chunk: Uint8Array, start: number, end: number): void;
  /** Bytes `start` to `end` of `chunk` came on FCGI_STDERR; a record need not be a line. */
  onStderr(chunk: Uint8Array, start: number, end: number): void;
  /** END_REQUEST came. A protocol status other than 0 means that the request was not run (FastCGI 1.0 §5.5). */
  onEnd(appStatus: number, protocolStatus: number): void;
  /** The connection failed or ended before END_REQUEST. */
  onError(error: FastCGIError): void;
}

/** One request on a connection, seen from the web server's side. Made by `ClientSession.begin`. */
export class ClientExchange {
  /** The request id, the lowest that was free. */
  readonly id: number;
  /** For the session: where the answer goes. */
  readonly handler: ClientExchangeHandler;
  readonly #role: Role;
  readonly #output: RecordOutput;
  #ended = false;
  #aborted = false;
  #stdinEnded = false;
  #dataEnded = false;
  #stdoutEnded = false;

  constructor(id: number, role: Role, output: RecordOutput, handler: ClientExchangeHandler) {
    this.id = id;
    this.#role = role;
    this.#output = output;
    this.handler = handler;
  }

  /** Is END_REQUEST received, or the connection gone? */
  get ended(): boolean {
    return this.#ended;
  }

  /** Was it aborted by us? The id stays reserved until END_REQUEST comes. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Has FCGI_STDIN been ended? */
  get stdinEnded(): boolean {
    return this.#stdinEnded;
  }

  /** Has everything been sent that the role calls for? */
  get inputEnded(): boolean {
    return this.#stdinEnded && (this.#dataEnded || this.#role !== Role.Filter);
  }

  /** Has the application ended FCGI_STDOUT? PHP never does, END_REQUEST is its only end. */
  get stdoutEnded(): boolean {
    return this.#stdoutEnded;
  }

  /** Sends bytes of the request body; after the end of the request or of the stream they go nowhere. */
  writeStdin(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended || this.#aborted || this.#stdinEnded) return;
    this.#output.stream(RecordType.Stdin, this.id, chunk, start, end, STDIN_CONTENT);
  }

  /** Ends the request body. */
  endStdin(): void {
    if (this.#ended || this.#aborted || this.#stdinEnded) return;
    this.#stdinEnded = true;
    this.#output.endStream(RecordType.Stdin, this.id);
  }

  /**
   * Sends bytes of the file that a Filter works on (FastCGI 1.0 §6.4).
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` before {@link ClientExchange.endStdin}, or in another role:
   * the application would give up the whole connection
   */
  writeData(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended || this.#aborted || this.#dataEnded) return;
    this.#requireDataStage();
    this.#output.stream(RecordType.Data, this.id, chunk, start, end);
  }

  /** Ends FCGI_DATA; throws as {@link ClientExchange.writeData} does. */
  endData(): void {
    if (this.#ended || this.#aborted || this.#dataEnded) return;
    this.#requireDataStage();
    this.#dataEnded = true;
    this.#output.endStream(RecordType.Data, this.id);
  }

  /**
   * Asks the application to stop (FastCGI 1.0 §5.4) and stops listening to it. PHP does not know this
   * record: a request that has its connection to itself is aborted by closing the connection.
   */
  abort(): void {
    if (this.#ended || this.#aborted) return;
    this.#aborted = true;
    this.#output.abortRequest(this.id);
  }

  /** For the session: the empty STDOUT record came. */
  markStdoutEnded(): void {
    this.#stdoutEnded = true;
  }

  /** For the session: END_REQUEST came. */
  finish(appStatus: number, protocolStatus: number): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#aborted) this.handler.onEnd(appStatus, protocolStatus);
  }

  /** For the session: the connection failed. */
  fail(error: FastCGIError): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#aborted) this.handler.onError(error);
  }

  #requireDataStage(): void {
    if (this.#role === Role.Filter && this.#stdinEnded) return;
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "DATA is for a Filter, after the end of its STDIN.", {
      requestId: this.id,
    });
  }
}
