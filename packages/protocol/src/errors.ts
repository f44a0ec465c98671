/**
 * The one error family of all packages.
 *
 * Match on {@link FastCGIError.code}, not on the class: two copies of this package may be loaded
 * at once, which is why the class is recognised by a brand instead of by its prototype.
 *
 * @module
 */

/** Every code that a package of this family can give. Codes are stable; messages are not. */
export type FastCGIErrorCode =
  /** An argument of the caller is wrong; nothing was sent. */
  | "FCGI_ERR_INVALID_ARGUMENT"
  /** An address text cannot be understood. */
  | "FCGI_ERR_BAD_ADDRESS"
  /** A record whose version is not 1 (FastCGI 1.0 §3.3): the bytes are not FastCGI, or framing is lost. */
  | "FCGI_ERR_BAD_VERSION"
  /** A record that is malformed by itself: an id that its type forbids, or a body of the wrong length. */
  | "FCGI_ERR_BAD_RECORD"
  /** A name-value list that is cut short or claims more than is there (FastCGI 1.0 §3.4). */
  | "FCGI_ERR_BAD_NAME_VALUES"
  /** PARAMS over the limit of bytes, of pairs, or of one pair. */
  | "FCGI_ERR_PARAMS_OVERFLOW"
  /** One name-value pair that does not fit into a record. */
  | "FCGI_ERR_PARAM_TOO_LARGE"
  /** A well-formed record at a time when the peer may not send it. */
  | "FCGI_ERR_UNEXPECTED_RECORD"
  /** The peer's bytes ended inside a record. */
  | "FCGI_ERR_TRUNCATED"
  /** The peer speaks something else than FastCGI. */
  | "FCGI_ERR_NOT_FASTCGI"
  /** No connection to the application: refused, absent, not permitted. */
  | "FCGI_ERR_CONNECT"
  | "FCGI_ERR_CONNECT_TIMEOUT"
  /** Too many requests already wait for a connection. */
  | "FCGI_ERR_QUEUE_FULL"
  /** Waited too long for a connection. */
  | "FCGI_ERR_QUEUE_TIMEOUT"
  /** No first byte of the answer in time. */
  | "FCGI_ERR_HEADERS_TIMEOUT"
  /** The answer stalled. */
  | "FCGI_ERR_BODY_TIMEOUT"
  /** The peer does not take what we send. */
  | "FCGI_ERR_SEND_TIMEOUT"
  /** The whole request took too long. */
  | "FCGI_ERR_TIMEOUT"
  /** The connection ended before the request did. */
  | "FCGI_ERR_SOCKET"
  /** The request was aborted, by its caller or by the peer. */
  | "FCGI_ERR_ABORTED"
  /** END_REQUEST with FCGI_CANT_MPX_CONN (FastCGI 1.0 §5.5). */
  | "FCGI_ERR_CANT_MULTIPLEX"
  /** END_REQUEST with FCGI_OVERLOADED (FastCGI 1.0 §5.5). */
  | "FCGI_ERR_OVERLOADED"
  /** END_REQUEST with FCGI_UNKNOWN_ROLE (FastCGI 1.0 §5.5). */
  | "FCGI_ERR_UNKNOWN_ROLE"
  /** END_REQUEST with a protocol status that the specification does not have. */
  | "FCGI_ERR_BAD_PROTOCOL_STATUS"
  /** A CGI response head that breaks RFC 3875 §6. */
  | "FCGI_ERR_BAD_RESPONSE_HEAD"
  /** A CGI response head over the limit of bytes or lines. */
  | "FCGI_ERR_HEADERS_OVERFLOW"
  /** A body that is not as long as its Content-Length. */
  | "FCGI_ERR_BODY_MISMATCH"
  /** A body over the limit. */
  | "FCGI_ERR_BODY_TOO_LARGE"
  /** No address can take the request. */
  | "FCGI_ERR_NO_UPSTREAM"
  /** Used after `close()`. */
  | "FCGI_ERR_CLOSED"
  /** Cut by `destroy()`. */
  | "FCGI_ERR_DESTROYED"
  /** Cannot listen where asked. */
  | "FCGI_ERR_LISTEN"
  /** The response head is already sent. */
  | "FCGI_ERR_HEADERS_SENT"
  /** The configuration is wrong. */
  | "FCGI_ERR_CONFIG"
  /** An application process ended or cannot be started. */
  | "FCGI_ERR_PROCESS_EXIT"
  /** PHP-FPM does not find what it was asked to run: a script, its status page, its ping page. */
  | "FCGI_ERR_SCRIPT_NOT_FOUND"
  /** PHP-FPM does not run what it was asked to. */
  | "FCGI_ERR_SCRIPT_DENIED"
  /** What PHP was asked to do is switched off there, or absent. */
  | "FCGI_ERR_UNAVAILABLE"
  /** A whole answer that is not one to the question. */
  | "FCGI_ERR_BAD_ANSWER"
  /** A request that the mock of a test does not expect. */
  | "FCGI_ERR_MOCK_NOT_MATCHED";

/** What was being done when it failed. */
export type FastCGIErrorPhase =
  | "configure"
  | "listen"
  | "queue"
  | "connect"
  | "send"
  | "request"
  | "response-head"
  | "response-body"
  | "protocol";

/** What is known about a failure beside its code and message. */
export interface FastCGIErrorOptions {
  /** The error below this one, if there is one. */
  cause?: unknown;
  /** The peer, as an address text such as `unix:/run/app.sock`. */
  address?: string | undefined;
  /** What was being done. */
  phase?: FastCGIErrorPhase | undefined;
  /** The FastCGI request id, when the failure belongs to one request. */
  requestId?: number | undefined;
  /** The end of what the application wrote to FCGI_STDERR for this request. */
  stderr?: string | undefined;
  /** The application's exit status (FastCGI 1.0 §5.5). */
  appStatus?: number | undefined;
  /** The protocol status of END_REQUEST (FastCGI 1.0 §5.5). */
  protocolStatus?: number | undefined;
}

const BRAND = Symbol.for("@x/fastcgi.error");

/**
 * An error of any package of this family.
 *
 * The fields beside `code` are filled in by the layer that knows them: the codec knows the request
 * id, the connection its address, the exchange the tail of stderr.
 */
export class FastCGIError<Code extends FastCGIErrorCode = FastCGIErrorCode> extends Error {
  /** `FastCGIError`. */
  override readonly name: string = "FastCGIError";
  /** What happened, stable. */
  readonly code: Code;
  /** The peer, as an address text such as `unix:/run/app.sock`. */
  address: string | undefined;
  /** What was being done. */
  phase: FastCGIErrorPhase | undefined;
  /** The FastCGI request id, when the failure belongs to one request. */
  requestId: number | undefined;
  /** The end of what the application wrote to FCGI_STDERR for this request. */
  stderr: string | undefined;
  /** The application's exit status (FastCGI 1.0 §5.5). */
  appStatus: number | undefined;
  /** The protocol status of END_REQUEST (FastCGI 1.0 §5.5). */
  protocolStatus: number | undefined;

  constructor(code: Code, message: string, options: FastCGIErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.address = options.address;
    this.phase = options.phase;
    this.requestId = options.requestId;
    this.stderr = options.stderr;
    this.appStatus = options.appStatus;
    this.protocolStatus = options.protocolStatus;
  }

  /** True for every copy of this class, whichever copy of the package made the error. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass inherits this function, but not every error of the family is one of its objects.
    if (this !== FastCGIError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /**
   * Turns anything caught into a `FastCGIError`; one that is already such an error is given back
   * with the fields that it lacks filled in.
   */
  static from(
    error: unknown,
    code: FastCGIErrorCode,
    options: FastCGIErrorOptions & { message?: string } = {},
  ): FastCGIError {
    if (isFastCGIError(error)) {
      error.address ??= options.address;
      error.phase ??= options.phase;
      error.requestId ??= options.requestId;
      error.stderr ??= options.stderr;
      error.appStatus ??= options.appStatus;
      error.protocolStatus ??= options.protocolStatus;
      return error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    return new FastCGIError(code, options.message ?? reason, { cause: error, ...options });
  }
}

Object.defineProperty(FastCGIError.prototype, BRAND, { value: true });

/**
 * Is it an error of this family, and of the given code if one is given?
 *
 * @example
 * if (isFastCGIError(error, "FCGI_ERR_QUEUE_TIMEOUT")) retryLater(error.address);
 */
export function isFastCGIError<Code extends FastCGIErrorCode = FastCGIErrorCode>(
  error: unknown,
  code?: Code,
): error is FastCGIError<Code> {
  return error instanceof FastCGIError && (code === undefined || error.code === code);
}
