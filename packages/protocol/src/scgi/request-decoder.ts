import { FastCGIError } from "../errors.ts";
import { checkLimit } from "../limit.ts";
import type { Params } from "../params.ts";
import { paramsOverflow, readScgiHeaders } from "./header-list.ts";

/** Receives one SCGI request. */
export interface ScgiRequestHandler {
  /**
   * The headers are complete.
   *
   * @param params all of them, `CONTENT_LENGTH` and `SCGI` included
   * @param contentLength bytes of the body that follows, 0 when there is none
   */
  onRequest(params: Params, contentLength: number): void;
  /** Bytes `start` to `end` of `chunk`: the next part of the body, never empty. */
  onBody(chunk: Uint8Array, start: number, end: number): void;
  /** The body is complete: all of CONTENT_LENGTH has come. */
  onBodyEnd(): void;
}

/** Limits of a {@link ScgiRequestDecoder}: those of a `ResponderSession`. */
export interface ScgiRequestDecoderOptions {
  /** Bytes of all headers together, NULs included. @default 262144 */
  maxParamsBytes?: number;
  /** How many headers. @default 1000 */
  maxParams?: number;
  /** Bytes of one header, its two NULs included. @default 65535 */
  maxParamBytes?: number;
}

const State = { Length: 0, Headers: 1, Comma: 2, Body: 3, Complete: 4 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * The application's side of one SCGI connection: reads the request, wherever the transport has cut it. The body
 * is told as ranges of the chunks that were pushed and not copied.
 *
 * The response is a CGI response, and closing the connection ends it. Memory: the headers, up to `maxParamsBytes`;
 * a length that is larger is refused before anything is allocated.
 */
export class ScgiRequestDecoder {
  readonly #handler: ScgiRequestHandler;
  readonly #maxParamsBytes: number;
  readonly #maxParams: number;
  readonly #maxParamBytes: number;
  #state: State = State.Length;
  /** The length that the digits read so far make; -1 before the first one. */
  #length = -1;
  #headers: Uint8Array = EMPTY;
  #fill = 0;
  #bodyLeft = 0;
  #failed = false;

  constructor(handler: ScgiRequestHandler, options: ScgiRequestDecoderOptions = {}) {
    this.#handler = handler;
    const { maxParamsBytes = 262_144, maxParams = 1_000, maxParamBytes = 65_535 } = options;
    this.#maxParamsBytes = checkLimit("maxParamsBytes", maxParamsBytes);
    this.#maxParams = checkLimit("maxParams", maxParams);
    this.#maxParamBytes = checkLimit("maxParamBytes", maxParamBytes);
  }

  /** Has the whole request come, its body included? */
  get complete(): boolean {
    return this.#state === State.Complete;
  }

  /**
   * Takes the next bytes, `start` to `end` of `chunk`.
   *
   * @throws FastCGIError `FCGI_ERR_BAD_RECORD` for what is no netstring, `FCGI_ERR_BAD_NAME_VALUES` for headers that break the
   * rules, `FCGI_ERR_PARAMS_OVERFLOW` over a limit, `FCGI_ERR_BODY_MISMATCH` for bytes behind the body, and whatever the handler
   * throws. The decoder takes no more bytes then: close the connection.
   */
  push(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#failed)
      throw new FastCGIError("FCGI_ERR_CLOSED", "The decoder has failed before and takes no more bytes.");
    this.#failed = true; // until the end of this call is reached
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case State.Length:
          this.#readDigit(chunk[at++] as number);
          break;
        case State.Headers:
          at = this.#readHeaders(chunk, at, end);
          break;
        case State.Comma:
          if (chunk[at++] !== COMMA) throw badNetstring("is not followed by a comma");
          this.#begin();
          break;
        case State.Body:
          at = this.#readBody(chunk, at, end);
          break;
        case State.Complete:
          throw new FastCGIError(
            "FCGI_ERR_BODY_MISMATCH",
            "Bytes came behind the body: SCGI has one request a connection.",
            {
              phase: "protocol",
            },
          );
      }
    }
    this.#failed = false;
  }

  /**
   * The web server has closed its side.
   *
   * @throws FastCGIError `FCGI_ERR_TRUNCATED` when the request is not complete
   */
  end(): void {
    if (!this.complete) {
      throw new FastCGIError("FCGI_ERR_TRUNCATED", "The web server closed the connection inside the SCGI request.", {
        phase: "protocol",
      });
    }
  }

  /** Decimal, without leading zeros, and compared with the limit at each digit. */
  #readDigit(byte: number): void {
    const digit = byte - 0x30;
    if (byte === COLON && this.#length >= 0) {
      this.#state = this.#length > 0 ? State.Headers : State.Comma;
    } else if (digit < 0 || digit > 9 || this.#length === 0) {
      throw badNetstring("does not begin with a length: the peer does not speak SCGI");
    } else {
      this.#length = Math.max(this.#length, 0) * 10 + digit;
      if (this.#length > this.#maxParamsBytes)
        throw paramsOverflow(`more than ${this.#maxParamsBytes} bytes of params`);
    }
  }

  #readHeaders(chunk: Uint8Array, start: number, end: number): number {
    const until = Math.min(start + this.#length - this.#fill, end);
    const fill = this.#fill + until - start;
    if (fill > this.#headers.length) {
      // Most requests come in one chunk: the first allocation is what is there, later ones double.
      const grown = new Uint8Array(this.#fill === 0 ? fill : Math.min(fill * 2, this.#length));
      grown.set(this.#headers.subarray(0, this.#fill));
      this.#headers = grown;
    }
    this.#headers.set(chunk.subarray(start, until), this.#fill);
    this.#fill = fill;
    if (fill === this.#length) this.#state = State.Comma;
    return until;
  }

  #begin(): void {
    const bytes = this.#headers.subarray(0, this.#fill);
    this.#headers = EMPTY;
    const { params, contentLength } = readScgiHeaders(bytes, this.#maxParams, this.#maxParamBytes);
    this.#bodyLeft = contentLength;
    this.#state = contentLength > 0 ? State.Body : State.Complete;
    this.#handler.onRequest(params, contentLength);
    if (contentLength === 0) this.#handler.onBodyEnd();
  }

  #readBody(chunk: Uint8Array, start: number, end: number): number {
    const until = Math.min(start + this.#bodyLeft, end);
    this.#bodyLeft -= until - start;
    if (this.#bodyLeft === 0) this.#state = State.Complete;
    this.#handler.onBody(chunk, start, until);
    if (this.#bodyLeft === 0) this.#handler.onBodyEnd();
    return until;
  }
}

const EMPTY = new Uint8Array(0);
const COLON = 0x3a;
const COMMA = 0x2c;

function badNetstring(what: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_BAD_RECORD", `The netstring of the SCGI request ${what}.`, { phase: "protocol" });
}
