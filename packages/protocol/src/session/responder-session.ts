import { FIXED_BODY_LEN, FixedBody, readBeginRequest } from "../bodies.ts";
import { ProtocolStatus, RecordType } from "../constants.ts";
import type { Role } from "../constants.ts";
import { RecordDecoder } from "../decoder.ts";
import { FastCGIError } from "../errors.ts";
import { ParamsCollector } from "../params.ts";
import type { RecordOutput } from "../record-output.ts";
import { IncomingRequest, Stage } from "./incoming-request.ts";
import { OwnAnswers } from "./own-answers.ts";
import { cutRecord, shortRecord, unexpectedRecord } from "./record-errors.ts";
import { RequestTable } from "./request-table.ts";
import { ResponderExchange } from "./responder-exchange.ts";
import type { ResponderExchangeOwner } from "./responder-exchange.ts";
import { responderLimits } from "./responder-options.ts";
import type { ResponderLimits, ResponderSessionOptions } from "./responder-options.ts";
import { UnfinishedParams } from "./unfinished-params.ts";

/**
 * The application's end of one connection, without the connection: bytes come in by
 * {@link ResponderSession.receive}, records go out through the `RecordOutput`. Management records
 * are answered here (FastCGI 1.0 §4); the application sees requests only.
 */
export class ResponderSession implements ResponderExchangeOwner {
  readonly #output: RecordOutput;
  readonly #options: ResponderSessionOptions;
  readonly #limits: ResponderLimits;
  readonly #answers: OwnAnswers;
  readonly #decoder: RecordDecoder;
  readonly #requests = new RequestTable<IncomingRequest>();
  readonly #unfinished: UnfinishedParams;
  readonly #fixedBody = new FixedBody();
  #current: IncomingRequest | undefined;
  #length = 0;
  /** BEGIN_REQUESTs on this connection. */
  #begun = 0;
  #closeWhenIdle = false;
  #draining = false;
  #closed = false;

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a limit that is not a positive integer */
  constructor(output: RecordOutput, options: ResponderSessionOptions) {
    this.#output = output;
    this.#options = options;
    this.#limits = responderLimits(options);
    this.#unfinished = new UnfinishedParams(this.#limits.maxBufferedBytes);
    this.#answers = new OwnAnswers(output, this.#limits.maxBufferedBytes, {
      maxConnections: options.maxConnections,
      maxRequests: options.maxRequests,
      multiplexes: this.#limits.multiplex > 1,
    });
    this.#decoder = new RecordDecoder({
      onRecord: (type, id, length) => this.#onRecord(type, id, length),
      onContent: (type, _id, chunk, start, end) => this.#onContent(type, chunk, start, end),
      onRecordEnd: (type, id) => this.#onRecordEnd(type, id),
    });
  }

  /** Requests begun and not ended. */
  get active(): number {
    return this.#requests.size;
  }

  /** Is more to come of a record or of a request's PARAMS? */
  get receiving(): boolean {
    return !this.#closed && (this.#unfinished.requests > 0 || this.#decoder.midRecord);
  }

  /** Takes no further request (they get OVERLOADED); `onClose` follows once the last one has ended. */
  drain(): void {
    this.#draining = true;
    this.#closeIfIdle();
  }

  /** Takes bytes from the transport. Never throws for a fault of the peer: that goes to `onFatal`. */
  receive(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#closed) return;
    try {
      this.#decoder.push(chunk, start, end);
    } catch (error) {
      const failure = FastCGIError.from(error, "FCGI_ERR_BAD_RECORD");
      if (failure.code === "FCGI_ERR_PARAMS_OVERFLOW") this.#refuseParams(failure);
      this.fail(failure);
    }
  }

  /**
   * The web server has closed its side: all requests are aborted (FastCGI 1.0 §5.4). Answers may
   * still be sent, since some clients only shut down the side on which they send.
   */
  receiveEnd(): void {
    if (this.#closed) return;
    if (this.#decoder.midRecord) {
      this.fail(cutRecord("web server"));
      return;
    }
    this.#draining = true;
    const error = new FastCGIError("FCGI_ERR_SOCKET", "The web server closed the connection.", {
      address: this.#options.address,
    });
    for (const request of this.#requests.list()) {
      if (request.stage === Stage.Params) this.#forget(request);
      else request.abort(error);
    }
    this.#closeIfIdle();
  }

  /** The transport has failed, or its owner gives it up. */
  fail(error: FastCGIError): void {
    if (this.#closed) return;
    this.#closed = true;
    error.address ??= this.#options.address;
    for (const request of this.#requests.drain()) {
      request.abort(error);
      request.exchange?.markEnded();
    }
    this.#options.onFatal(error);
  }

  /** For the exchanges: END_REQUEST is in the output. */
  onExchangeEnd(exchange: ResponderExchange): void {
    this.#requests.delete(exchange.id);
    // What is still on the way for this id is ignored (FastCGI 1.0 §3.3), the rest of the current record too.
    if (this.#current?.exchange === exchange) this.#current = undefined;
    if (!exchange.keepConn) this.#closeWhenIdle = true;
    this.#closeIfIdle();
  }

  /** Requests with and without KEEP_CONN may be mixed: the connection goes when the last one has ended. */
  #closeIfIdle(): void {
    if (this.#closed || this.#requests.size > 0 || !(this.#closeWhenIdle || this.#draining)) return;
    this.#closed = true;
    this.#options.onClose();
  }

  #onRecord(type: number, id: number, length: number): void {
    this.#fixedBody.reset();
    this.#length = length;
    if (type === RecordType.GetValues) this.#answers.beginQuestion(length);
    const request = (this.#current = this.#requests.get(id));
    if (type === RecordType.BeginRequest) {
      if (request !== undefined) throw unexpectedRecord("web server", type, id);
      if (length < FIXED_BODY_LEN) throw shortRecord("BEGIN_REQUEST", id, length);
      return;
    }
    // Records for an id that is not in use are ignored (FastCGI 1.0 §3.3), those of refused requests among them.
    if (request !== undefined && !request.accepts(type, length)) throw unexpectedRecord("web server", type, id);
  }

  #onContent(type: number, chunk: Uint8Array, start: number, end: number): void {
    const request = this.#current;
    switch (type) {
      case RecordType.Stdin:
        request?.handler?.onStdin(chunk, start, end);
        return;
      case RecordType.Params:
        if (request !== undefined) this.#unfinished.push(request.params, chunk, start, end);
        return;
      case RecordType.Data:
        request?.handler?.onData(chunk, start, end);
        return;
      case RecordType.BeginRequest:
        this.#fixedBody.push(chunk, start, end);
        return;
      case RecordType.GetValues:
        this.#answers.pushQuestion(chunk, start, end);
        return;
      default:
    }
  }

  #onRecordEnd(type: number, id: number): void {
    if (this.#closed) return; // by a handler, in the middle of a chunk
    if (id === 0) return this.#answers.endRecord(type);
    if (type === RecordType.BeginRequest) return this.#begin(id);
    const request = this.#current;
    if (request === undefined) return;
    if (type === RecordType.AbortRequest) this.#abort(request);
    else if (this.#length > 0) return;
    else if (request.stage === Stage.Params) this.#start(request);
    else request.endStream(type);
  }

  #begin(id: number): void {
    const { role, keepConn } = readBeginRequest(this.#fixedBody.bytes);
    const { maxRequestsPerConnection, maxParamsBytes, maxParams, maxParamBytes } = this.#limits;
    this.#begun++;
    const refusal = this.#refusal(role);
    if (refusal === undefined) {
      const params = new ParamsCollector(maxParamsBytes, maxParams, maxParamBytes);
      this.#requests.add(id, new IncomingRequest(id, role as Role, keepConn, params));
      this.#unfinished.begin();
    } else {
      this.#answers.end(id, refusal);
      // A request that came on the connection of another one has no say in what becomes of that.
      if (!keepConn && refusal !== ProtocolStatus.CantMpxConn) this.#closeWhenIdle = true;
    }
    if (this.#begun >= maxRequestsPerConnection) this.#draining = true;
    this.#closeIfIdle();
  }

  #refusal(role: number): ProtocolStatus | undefined {
    const { roles, multiplex } = this.#limits;
    if (!roles.includes(role as Role)) return ProtocolStatus.UnknownRole;
    if (this.#requests.size > 0 && multiplex === 1) return ProtocolStatus.CantMpxConn;
    const admitted = !this.#draining && this.#requests.size < multiplex && (this.#options.admit?.() ?? true);
    return admitted ? undefined : ProtocolStatus.Overloaded;
  }

  /** The params of the current request broke a limit: it gets its END_REQUEST, although the connection is lost. */
  #refuseParams(error: FastCGIError): void {
    const request = this.#current;
    if (request === undefined || request.stage !== Stage.Params) return; // what a handler threw
    error.requestId ??= request.id;
    this.#output.endRequest(request.id, 0, ProtocolStatus.Overloaded);
  }

  #start(request: IncomingRequest): void {
    const { id, role, keepConn } = request;
    const params = request.params.finish();
    this.#unfinished.end(request.params);
    request.stage = Stage.Stdin;
    request.exchange = new ResponderExchange({ id, role, keepConn, params }, this.#output, this);
    request.handler = this.#options.onRequest(request.exchange);
  }

  #abort(request: IncomingRequest): void {
    if (request.stage === Stage.Params) {
      // The application has never heard of it, so the library answers.
      this.#forget(request);
      this.#answers.end(request.id, ProtocolStatus.RequestComplete);
      if (!request.keepConn) this.#closeWhenIdle = true;
      this.#closeIfIdle();
    } else {
      request.abort(
        new FastCGIError("FCGI_ERR_ABORTED", "The web server aborted the request.", {
          address: this.#options.address,
          requestId: request.id,
        }),
      );
    }
  }

  #forget(request: IncomingRequest): void {
    this.#requests.delete(request.id);
    this.#unfinished.end(request.params);
  }
}
