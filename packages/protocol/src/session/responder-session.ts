import { FIXED_BODY_LEN, FixedBody, readBeginRequest } from "../bodies.ts";
import { ProtocolStatus, RecordType, Role, ValueName } from "../constants.ts";
import { RecordDecoder } from "../decoder.ts";
import { FastCGIError } from "../errors.ts";
import { decodeNameValues } from "../name-values.ts";
import { ParamList } from "../param-list.ts";
import { ParamsCollector } from "../params.ts";
import { RecordContent } from "../record-content.ts";
import type { RecordOutput } from "../record-output.ts";
import { IncomingRequest, Stage } from "./incoming-request.ts";
import { ResponderExchange } from "./responder-exchange.ts";
import type { ResponderExchangeHandler, ResponderExchangeOwner } from "./responder-exchange.ts";

/** What a {@link ResponderSession} serves, its limits, and whom it tells. */
export interface ResponderSessionOptions {
  /** Roles that are served; others get UNKNOWN_ROLE. @default [Role.Responder] */
  roles?: readonly Role[];
  /** Connections accepted at once, told as FCGI_MAX_CONNS; absent: not told. */
  maxConnections?: number;
  /** Requests run at once, told as FCGI_MAX_REQS; absent: not told. */
  maxRequests?: number;
  /** Requests at once on this connection; 1: a second one gets CANT_MPX_CONN. @default 64 */
  multiplex?: number;
  /** Bytes of PARAMS of one request. @default 262144 */
  maxParamsBytes?: number;
  /** Params of one request. @default 1000 */
  maxParams?: number;
  /** The peer, for error messages. */
  address?: string;
  /** Is there room for one more request? Asked at each BEGIN_REQUEST; false: OVERLOADED. */
  admit?(): boolean;
  /** The params of a request are complete. */
  onRequest(exchange: ResponderExchange): ResponderExchangeHandler;
  /** The peer broke the protocol, or the transport failed: destroy it. Running requests have been told. */
  onFatal(error: FastCGIError): void;
  /** All requests have ended and the web server leaves the closing to us: send what is pending, then close. */
  onClose(): void;
}

const DEFAULT_ROLES: readonly Role[] = [Role.Responder];

/**
 * The application's end of one connection, without the connection: bytes come in by
 * {@link ResponderSession.receive}, records go out through the `RecordOutput`. Management records
 * are answered here (FastCGI 1.0 §4); the application sees requests only.
 */
export class ResponderSession implements ResponderExchangeOwner {
  readonly #output: RecordOutput;
  readonly #options: ResponderSessionOptions;
  readonly #roles: readonly Role[];
  readonly #multiplex: number;
  readonly #decoder: RecordDecoder;
  /** By request id; a map, since a web server may pick any ids. */
  readonly #requests = new Map<number, IncomingRequest>();
  readonly #fixedBody = new FixedBody();
  /** The names asked for by a GET_VALUES that is coming. */
  readonly #asked = new RecordContent();
  #current: IncomingRequest | undefined;
  #length = 0;
  /** Requests whose PARAMS are incomplete. */
  #receivingParams = 0;
  #closeWhenIdle = false;
  #draining = false;
  #closed = false;

  constructor(output: RecordOutput, options: ResponderSessionOptions) {
    this.#output = output;
    this.#options = options;
    this.#roles = options.roles ?? DEFAULT_ROLES;
    this.#multiplex = options.multiplex ?? 64;
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
    return !this.#closed && (this.#receivingParams > 0 || this.#decoder.midRecord);
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
      this.fail(FastCGIError.from(error, "FCGI_ERR_BAD_RECORD"));
    }
  }

  /**
   * The web server has closed its side: all requests are aborted (FastCGI 1.0 §5.4). Answers may
   * still be sent, since some clients only shut down the side on which they send.
   */
  receiveEnd(): void {
    if (this.#closed) return;
    if (this.#decoder.midRecord) {
      this.fail(
        new FastCGIError("FCGI_ERR_TRUNCATED", "The web server closed the connection inside a record.", {
          phase: "protocol",
        }),
      );
      return;
    }
    this.#draining = true;
    const error = new FastCGIError("FCGI_ERR_SOCKET", "The web server closed the connection.", {
      address: this.#options.address,
    });
    for (const request of this.#requests.values()) {
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
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) {
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
    if (type === RecordType.GetValues) this.#asked.begin(length);
    const request = (this.#current = this.#requests.get(id));
    if (type === RecordType.BeginRequest) {
      if (request !== undefined) throw this.#unexpected(type, id);
      if (length < FIXED_BODY_LEN) {
        throw new FastCGIError("FCGI_ERR_BAD_RECORD", `BEGIN_REQUEST with ${length} bytes instead of 8.`, {
          phase: "protocol",
          requestId: id,
        });
      }
      return;
    }
    // Records for an id that is not in use are ignored (FastCGI 1.0 §3.3), those of refused requests among them.
    if (request !== undefined && !fits(type, request.stage, length)) throw this.#unexpected(type, id);
  }

  #onContent(type: number, chunk: Uint8Array, start: number, end: number): void {
    const request = this.#current;
    switch (type) {
      case RecordType.Stdin:
        request?.handler?.onStdin(chunk, start, end);
        return;
      case RecordType.Params:
        request?.params.push(chunk, start, end);
        return;
      case RecordType.Data:
        request?.handler?.onData(chunk, start, end);
        return;
      case RecordType.BeginRequest:
        this.#fixedBody.push(chunk, start, end);
        return;
      case RecordType.GetValues:
        this.#asked.push(chunk, start, end);
        return;
      default:
    }
  }

  #onRecordEnd(type: number, id: number): void {
    if (this.#closed) return; // by a handler, in the middle of a chunk
    if (id === 0) return this.#onManagementRecord(type);
    if (type === RecordType.BeginRequest) return this.#begin(id);
    const request = this.#current;
    if (request === undefined) return;
    if (type === RecordType.AbortRequest) this.#abort(request);
    else if (this.#length === 0) this.#onEndOfStream(type, request);
  }

  /** The empty record of a stream; one too many is harmless. */
  #onEndOfStream(type: number, request: IncomingRequest): void {
    if (request.stage === Stage.Params) this.#start(request);
    else if (request.stage === Stage.Stdin && type === RecordType.Stdin) request.endStdin();
    else if (request.stage === Stage.Data && type === RecordType.Data) request.endData();
  }

  #onManagementRecord(type: number): void {
    switch (type) {
      case RecordType.GetValues:
        this.#answerValues();
        return;
      case RecordType.GetValuesResult:
      case RecordType.UnknownType:
        return; // answers that nobody asked for; echoing UNKNOWN_TYPE would play ping-pong
      default:
        this.#output.unknownType(type);
    }
  }

  /** Answers with the names that were asked and are known, each once. */
  #answerValues(): void {
    const asked = decodeNameValues(this.#asked.bytes);
    const values = new ParamList();
    const { maxConnections, maxRequests } = this.#options;
    if (asked.has(ValueName.MaxConns) && maxConnections !== undefined)
      values.add(ValueName.MaxConns, String(maxConnections));
    if (asked.has(ValueName.MaxReqs) && maxRequests !== undefined) values.add(ValueName.MaxReqs, String(maxRequests));
    if (asked.has(ValueName.MpxsConns)) values.add(ValueName.MpxsConns, this.#multiplex > 1 ? "1" : "0");
    this.#output.getValuesResult(values);
  }

  #begin(id: number): void {
    const { role, keepConn } = readBeginRequest(this.#fixedBody.bytes);
    const refusal = this.#refusal(role);
    if (refusal !== undefined) {
      this.#output.endRequest(id, 0, refusal);
      // A request that came on the connection of another one has no say in what becomes of that.
      if (!keepConn && refusal !== ProtocolStatus.CantMpxConn) {
        this.#closeWhenIdle = true;
        this.#closeIfIdle();
      }
      return;
    }
    const { maxParamsBytes = 262_144, maxParams = 1_000 } = this.#options;
    this.#requests.set(
      id,
      new IncomingRequest(id, role as Role, keepConn, new ParamsCollector(maxParamsBytes, maxParams)),
    );
    this.#receivingParams++;
  }

  #refusal(role: number): ProtocolStatus | undefined {
    if (!this.#roles.includes(role as Role)) return ProtocolStatus.UnknownRole;
    if (this.#requests.size > 0 && this.#multiplex === 1) return ProtocolStatus.CantMpxConn;
    const admitted = !this.#draining && this.#requests.size < this.#multiplex && (this.#options.admit?.() ?? true);
    return admitted ? undefined : ProtocolStatus.Overloaded;
  }

  #start(request: IncomingRequest): void {
    this.#receivingParams--;
    const { id, role, keepConn } = request;
    request.stage = Stage.Stdin;
    request.exchange = new ResponderExchange(
      { id, role, keepConn, params: request.params.finish() },
      this.#output,
      this,
    );
    request.handler = this.#options.onRequest(request.exchange);
  }

  #abort(request: IncomingRequest): void {
    if (request.stage === Stage.Params) {
      // The application has never heard of it, so the library answers.
      this.#forget(request);
      this.#output.endRequest(request.id, 0, ProtocolStatus.RequestComplete);
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
    this.#receivingParams--;
  }

  #unexpected(type: number, id: number): FastCGIError {
    return new FastCGIError(
      "FCGI_ERR_UNEXPECTED_RECORD",
      `The web server may not send a record of type ${type} for request ${id} now.`,
      { phase: "protocol", requestId: id },
    );
  }
}

/** May a record of this type come at this stage of its request (FastCGI 1.0 §6)? */
function fits(type: number, stage: Stage, length: number): boolean {
  switch (type) {
    case RecordType.Params:
      return stage === Stage.Params;
    case RecordType.Stdin:
      return stage === Stage.Stdin || (stage > Stage.Stdin && length === 0);
    case RecordType.Data:
      return stage === Stage.Data;
    case RecordType.AbortRequest:
      return true;
    default:
      return false;
  }
}
