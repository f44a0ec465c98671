import { FIXED_BODY_LEN, FixedBody, readEndRequest } from "../bodies.ts";
import { FCGI_MAX_REQUEST_ID, ProtocolStatus, RecordType, ValueName } from "../constants.ts";
import { RecordDecoder } from "../decoder.ts";
import { FastCGIError } from "../errors.ts";
import { checkLimit } from "../limit.ts";
import type { RecordOutput } from "../record-output.ts";
import { ClientExchange } from "./client-exchange.ts";
import type { ClientExchangeHandler } from "./client-exchange.ts";
import type { BeginOptions, ClientSessionOptions } from "./client-options.ts";
import { ExchangeTable } from "./exchange-table.ts";
import { OwnQuestions } from "./own-questions.ts";
import { cutRecord, shortRecord, unexpectedRecord } from "./record-errors.ts";

/**
 * The web server's end of one connection, without the connection: bytes come in by
 * {@link ClientSession.receive}, records go out through the `RecordOutput`.
 *
 * A record that the application may not send at that moment fails the whole connection, since no
 * later byte can be trusted to belong to whom it says.
 */
export class ClientSession {
  readonly #output: RecordOutput;
  readonly #options: ClientSessionOptions;
  readonly #decoder: RecordDecoder;
  readonly #exchanges = new ExchangeTable<ClientExchange>();
  readonly #fixedBody = new FixedBody();
  readonly #questions: OwnQuestions;
  #current: ClientExchange | undefined;
  #receiving = false;
  #lastOne = false;
  #dirty = false;
  #failed = false;
  /** Requests at once; may be lowered while requests run. */
  multiplex: number;

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a `multiplex` that is not a positive integer */
  constructor(output: RecordOutput, options: ClientSessionOptions) {
    this.#output = output;
    this.#options = options;
    this.multiplex = checkLimit("multiplex", options.multiplex ?? 1);
    this.#questions = new OwnQuestions(output, (values) => options.onValues?.(values));
    this.#decoder = new RecordDecoder({
      onRecord: (type, id, length) => this.#onRecord(type, id, length),
      onContent: (type, _id, chunk, start, end) => this.#onContent(type, chunk, start, end),
      onRecordEnd: (type) => this.#onRecordEnd(type),
    });
  }

  /** Requests whose END_REQUEST has not come, aborted ones included. */
  get active(): number {
    return this.#exchanges.size;
  }

  /**
   * May one more request begin? Never from inside a handler's call: what follows END_REQUEST in the
   * same chunk must not be taken for the answer of the next request under the same id. Look again after
   * each {@link ClientSession.receive}: the padding of END_REQUEST may come later than its content.
   */
  get available(): boolean {
    const running = this.#exchanges.size;
    // Idle and inside a record: the padding of the last one is still on the way, or nobody asked for it.
    // While requests run it may well be a record of theirs.
    const restPending = running === 0 && this.#decoder.midRecord;
    return this.reusable && !this.#receiving && !restPending && running < Math.min(this.multiplex, FCGI_MAX_REQUEST_ID);
  }

  /** Can the connection serve further requests once those on it have ended? */
  get reusable(): boolean {
    return !this.#failed && !this.#lastOne && !this.#dirty;
  }

  /**
   * Begins a request: BEGIN_REQUEST and PARAMS go out.
   *
   * @throws FastCGIError when it is not {@link ClientSession.available} (`FCGI_ERR_CLOSED`), or a
   * param cannot be sent (`FCGI_ERR_PARAM_TOO_LARGE`, `FCGI_ERR_INVALID_ARGUMENT`); nothing was sent then
   */
  begin(options: BeginOptions, handler: ClientExchangeHandler): ClientExchange {
    const id = this.#exchanges.nextId;
    if (!this.available) {
      throw new FastCGIError("FCGI_ERR_CLOSED", "The connection takes no further request now.", {
        address: this.#options.address,
      });
    }
    this.#output.request(id, options.role, options.keepConn, options.params, options.oversizedParam);
    const exchange = new ClientExchange(id, options.role, this.#output, handler);
    this.#exchanges.add(id, exchange);
    if (!options.keepConn) this.#lastOne = true;
    return exchange;
  }

  /** Asks what the application can do (FastCGI 1.0 §4.1). Some applications close the connection instead of answering. */
  requestValues(names: readonly string[] = Object.values(ValueName)): void {
    this.#questions.ask(names);
  }

  /** Takes bytes from the transport. Never throws: a fault of the peer goes to `onFatal`. */
  receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#failed) return;
    this.#receiving = true;
    try {
      this.#decoder.push(chunk, start, end);
    } catch (error) {
      this.fail(FastCGIError.from(error, "FCGI_ERR_BAD_RECORD"));
    } finally {
      this.#receiving = false;
    }
  }

  /** The transport has ended. Requests that still run have failed. */
  receiveEnd(): void {
    if (this.#failed) return;
    this.#lastOne = true;
    if (this.#decoder.midRecord) {
      this.fail(cutRecord("application"));
    } else if (this.#exchanges.size > 0) {
      this.fail(
        new FastCGIError("FCGI_ERR_SOCKET", "The application closed the connection before it ended the request."),
      );
    }
  }

  /** The transport has failed, or its owner gives it up: all requests on it fail. */
  fail(error: FastCGIError): void {
    if (this.#failed) return;
    this.#failed = true;
    error.address ??= this.#options.address;
    for (const exchange of this.#exchanges.drain()) {
      // An error of its own for each request: outer layers add the request's stderr to it.
      const { code, message, address, phase } = error;
      exchange.fail(
        new FastCGIError(code, message, { cause: error.cause ?? error, address, phase, requestId: exchange.id }),
      );
    }
    this.#options.onFatal(error);
  }

  #onRecord(type: number, id: number, length: number): void {
    this.#fixedBody.reset();
    const exchange = (this.#current = this.#exchanges.get(id));
    if (id === 0) return this.#onManagementRecord(type, length);
    if (exchange === undefined) return this.#onStray(type, id, length);
    switch (type) {
      case RecordType.Stdout:
        if (length === 0) exchange.markStdoutEnded();
        return;
      case RecordType.Stderr:
        return;
      case RecordType.EndRequest:
        if (length < FIXED_BODY_LEN) throw shortRecord("END_REQUEST", id, length);
        return;
      default:
        throw unexpectedRecord("application", type, id);
    }
  }

  /** A record for an id that is not in use. */
  #onStray(type: number, id: number, length: number): void {
    if (this.#exchanges.hasSeen(id)) {
      // Some applications end their streams after the request; that harms nobody.
      if (length === 0 && (type === RecordType.Stdout || type === RecordType.Stderr)) return;
      if (type === RecordType.EndRequest) {
        this.#dirty = true;
        return;
      }
    }
    throw unexpectedRecord("application", type, id);
  }

  /** What answers our questions is collected, everything else is skipped: an application has nothing to ask. */
  #onManagementRecord(type: number, length: number): void {
    if (type === RecordType.GetValuesResult) this.#questions.beginResult(length);
    else if (type === RecordType.UnknownType && length < FIXED_BODY_LEN) throw shortRecord("UNKNOWN_TYPE", 0, length);
    // Bytes that nobody asked for on an idle connection: no request is entrusted to it any more.
    if (length > 0 && this.#exchanges.size === 0 && this.#questions.open === 0) this.#dirty = true;
  }

  #onContent(type: number, chunk: Uint8Array, start: number, end: number): void {
    const exchange = this.#current;
    switch (type) {
      case RecordType.Stdout:
        if (exchange !== undefined && !exchange.aborted) exchange.handler.onStdout(chunk, start, end);
        return;
      case RecordType.Stderr:
        if (exchange !== undefined && !exchange.aborted) exchange.handler.onStderr(chunk, start, end);
        return;
      case RecordType.EndRequest:
      case RecordType.UnknownType:
        this.#fixedBody.push(chunk, start, end);
        return;
      case RecordType.GetValuesResult:
        this.#questions.pushResult(chunk, start, end);
        return;
      default: // a management record that we do not know: ignored
    }
  }

  #onRecordEnd(type: number): void {
    if (this.#failed) return; // by a handler, in the middle of a chunk
    switch (type) {
      case RecordType.EndRequest:
        if (this.#current !== undefined) this.#onEndRequest(this.#current);
        return;
      case RecordType.GetValuesResult:
        this.#questions.endResult();
        return;
      case RecordType.UnknownType:
        this.#questions.onUnknownType(this.#fixedBody.bytes[0]);
        return;
      default:
    }
  }

  #onEndRequest(exchange: ClientExchange): void {
    const { appStatus, protocolStatus } = readEndRequest(this.#fixedBody.bytes);
    this.#exchanges.delete(exchange.id);
    this.#current = undefined;
    // An application that serves one request at a time, as PHP does, would read the rest of an
    // unfinished body, or an ABORT_REQUEST, as the beginning of the next request.
    if (this.multiplex === 1 && (!exchange.inputEnded || exchange.aborted)) this.#dirty = true;
    if (protocolStatus === ProtocolStatus.Overloaded || protocolStatus === ProtocolStatus.UnknownRole)
      this.#dirty = true;
    exchange.finish(appStatus, protocolStatus);
  }
}
