import { FrontResponse } from "../front/front-response.ts";
import type { GatewayResponse } from "../gateway-request.ts";
import type { ConnectionOutput } from "./connection-output.ts";
import type { Http1Request } from "./request.ts";
import { type ResponseFields, dateLine, fieldLines, statusLine } from "./response-head.ts";

/** What a response needs of its connection. */
export interface ResponseConnection {
  readonly output: ConnectionOutput;
  /** Does the connection go on after this response, as far as the server is concerned? */
  readonly goesOn: boolean;
  /** The lines that say so. */
  readonly keepAliveLines: string;
  /** Calls {@link Http1Response.flush} at the end of this turn of the event loop. */
  flushSoon(): void;
  /** The gateway has said everything. */
  onEnded(response: Http1Response): void;
  /** All was given to the socket; the connection cannot go on when `last`. */
  onFinished(response: Http1Response, last: boolean): void;
  reset(): void;
}

/** Up to so many bytes of body leave as one string with the head: one write, one copy. */
const SMALL = 16_384;

/** From so many bytes on, what was said leaves before the turn has ended. */
const MUCH = 65_536;

const found: ResponseFields = { length: -1, hasDate: false };

/**
 * One response of a connection. What the gateway says in one turn leaves in one write; when that is all of it, with its length. Once it
 * has ended, was aborted, or its client has gone, it does nothing any more, whatever it is told.
 */
export class Http1Response extends FrontResponse<Http1Request> implements GatewayResponse {
  readonly #connection: ResponseConnection;
  #status = 0;
  #statusText: string | undefined;
  #rawHeaders: string[] = [];
  /** The head has been said and is still here; `#text`, the latin-1 of a part of the body, waits with it or after it. */
  #headWaits = false;
  #text = "";
  /** No body belongs to it (RFC 9110 §6.4.1). */
  #bodiless = false;
  #chunked = false;
  /** As announced; -1: not. */
  #length = -1;
  #last = false;

  constructor(request: Http1Request, connection: ResponseConnection, began: number) {
    super(request, began);
    this.#connection = connection;
  }

  get unsent(): number {
    // What waits for the end of the turn alone is as good as sent.
    return this.ended ? 0 : this.#connection.output.writableLength;
  }

  /** Is all of the head still here? */
  get headWaits(): boolean {
    return this.statusCode === 0;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    if (this.ended || this.#status !== 0 || this.request.httpVersion !== "1.1") return;
    // Whose request has come whole waits for nothing.
    if (statusCode === 100 && this.request.complete) return;
    try {
      this.#connection.output.write(`${statusLine(statusCode, undefined)}${fieldLines(rawHeaders, found)}\r\n`);
    } catch {
      // Hints that cannot be sent are left out.
    }
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    if (this.ended || this.#status !== 0) return;
    this.#status = statusCode;
    this.#rawHeaders = rawHeaders;
    this.#statusText = statusText;
    this.#bodiless = this.request.method === "HEAD" || statusCode === 204 || statusCode === 304;
    this.#headWaits = true;
    this.#connection.flushSoon();
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    const { length } = chunk;
    if (this.ended || this.#bodiless || length === 0) {
      release?.();
      return true;
    }
    this.bytes += length;
    if (this.#length >= 0 && this.bytes > this.#length) {
      release?.();
      this.#giveUp();
      return true;
    }
    const small = this.#text.length + length <= SMALL;
    if (release === undefined || (this.#headWaits && small)) {
      if (!small) this.#spill();
      if (length > SMALL) return this.#writeBytes(Buffer.from(chunk), undefined);
      if (this.#text === "" && !this.#headWaits) this.#connection.flushSoon();
      this.#text += latin1(chunk);
      release?.();
      return !this.#connection.output.socket.writableNeedDrain;
    }
    return this.#writeBytes(chunk, release);
  }

  end(): void {
    if (this.ended || this.#status === 0) return;
    this.ended = true;
    this.onDrain = undefined;
    this.#connection.onEnded(this);
  }

  abort(): void {
    if (this.ended) return;
    this.flush();
    this.#giveUp();
  }

  withdraw(): boolean {
    if (this.ended || this.statusCode !== 0) return false;
    this.#status = this.bytes = 0;
    this.#headWaits = false;
    this.#text = "";
    return true;
  }

  /** For the connection: nothing more is to be had of it, and nothing more is taken. */
  drop(): void {
    this.ended = true;
    this.#headWaits = false;
    this.#text = "";
    this.onDrain = undefined;
  }

  /** For the connection: the end of the turn. */
  flush(): void {
    if (this.ended) return;
    const { output } = this.#connection;
    if (this.#headWaits || this.#text !== "") {
      const text = this.#takePrefix(0);
      if (text === undefined) return;
      output.write(text);
    }
    output.letGo();
    output.look(this.stallTimeout);
  }

  /**
   * For the connection: everything was said, and goes out now.
   *
   * @param last the connection ends, for a reason of the connection's own
   */
  finish(last: boolean): void {
    this.#last ||= last;
    const { output } = this.#connection;
    if (this.#headWaits && this.#length < 0) {
      const body = this.#text;
      this.#text = "";
      const head = this.#head(body.length);
      if (head === undefined) return;
      output.write(this.#fits ? head + body : head);
    } else {
      const text = this.#takePrefix(0);
      if (text === undefined) return;
      if (this.#chunked) output.write(`${text}0\r\n\r\n`);
      else if (text !== "") output.write(text);
    }
    output.letGo();
    if (this.#fits) this.#connection.onFinished(this, this.#last);
    else this.#giveUp();
  }

  /** A client that was told another length would take a piece of the next response for this one's. */
  get #fits(): boolean {
    return this.#length < 0 || this.#bodiless || this.#length === this.bytes;
  }

  #giveUp(): void {
    this.drop();
    this.cut = true;
    this.#connection.reset();
  }

  /** Sends bytes as they are, after what waits, and with what else is said in this turn. */
  #writeBytes(chunk: Uint8Array, release: (() => void) | undefined): boolean {
    const { output } = this.#connection;
    const { socket } = output;
    const prefix = this.#takePrefix(chunk.length);
    if (prefix === undefined) {
      release?.();
      return true;
    }
    output.gather();
    if (prefix !== "") output.write(prefix);
    if (release === undefined) socket.write(chunk);
    else output.writeHeld(chunk, release);
    if (this.#chunked) output.write("\r\n");
    return this.#gathered();
  }

  /** Makes room for more text: what waits leaves with what else is said in this turn. */
  #spill(): void {
    const text = this.#takePrefix(0);
    if (text === undefined) return;
    const { output } = this.#connection;
    output.gather();
    output.write(text);
    this.#gathered();
  }

  /** Sees to it that what was gathered leaves. @returns whether more may be written now */
  #gathered(): boolean {
    const { output } = this.#connection;
    if (output.gathered < MUCH) {
      this.#connection.flushSoon();
      return !output.socket.writableNeedDrain;
    }
    output.letGo();
    return output.look(this.stallTimeout);
  }

  /**
   * What stands before `following` bytes of body: the head, if it is still here, the body that waits, and the beginning of a chunk.
   *
   * @returns undefined when the head cannot be sent: then the response is aborted
   */
  #takePrefix(following: number): string | undefined {
    const body = this.#text;
    this.#text = "";
    let text = "";
    if (this.#headWaits) {
      const head = this.#head(-1);
      if (head === undefined) return undefined;
      text = head;
    }
    if (!this.#chunked) return text + body;
    if (body !== "") text += `${body.length.toString(16)}\r\n${body}\r\n`;
    return following === 0 ? text : `${text}${following.toString(16)}\r\n`;
  }

  /** @param known bytes of the body when that is all of it; -1: more may come */
  #head(known: number): string | undefined {
    this.#headWaits = false;
    let text: string;
    try {
      text = statusLine(this.#status, this.#statusText) + fieldLines(this.#rawHeaders, found);
    } catch {
      // A head that cannot be sent harms this response alone, not the process.
      this.#giveUp();
      return undefined;
    }
    this.statusCode = this.#status;
    this.#length = found.length;
    let framing = "";
    if (this.#bodiless || found.length >= 0) {
      // The length is known.
    } else if (known >= 0) {
      framing = `Content-Length: ${known}\r\n`;
      this.#length = known;
    } else if (this.request.httpVersion === "1.1") {
      framing = "Transfer-Encoding: chunked\r\n";
      this.#chunked = true;
    } else this.#last = true;
    this.#last ||= !this.request.persistent || !this.#connection.goesOn;
    const connection = this.#last ? "Connection: close\r\n" : this.#connection.keepAliveLines;
    return `${text}${framing}${connection}${found.hasDate ? "" : dateLine()}\r\n`;
  }
}

function latin1(chunk: Uint8Array): string {
  const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return bytes.toString("latin1");
}
