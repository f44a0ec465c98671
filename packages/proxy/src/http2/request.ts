import type { ServerHttp2Stream } from "node:http2";

import type { Encryption, Endpoint, GatewayBody, GatewayBodySink, GatewayRequest } from "../gateway-request.ts";
import type { RequestFields } from "./request-fields.ts";

/** What a request needs of its connection. */
export interface RequestConnection {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly encryption: Encryption | undefined;
}

const BROKEN = "The client ended its request before it was complete.";

/** One request of a connection. */
export class Http2Request implements GatewayRequest, GatewayBody {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly scheme = "https";
  readonly httpVersion = "2.0";
  onAbort: ((reason?: Error) => void) | undefined;
  /** There is no body. */
  readonly bodiless: boolean;
  /** All of it has come. */
  complete: boolean;
  readonly #stream: ServerHttp2Stream;
  readonly #connection: RequestConnection;
  #sink: GatewayBodySink | undefined;

  /** @param bodiless the head was all of it */
  constructor(fields: RequestFields, stream: ServerHttp2Stream, connection: RequestConnection, bodiless: boolean) {
    this.method = fields.method;
    this.target = fields.target;
    this.rawHeaders = fields.rawHeaders;
    this.bodiless = this.complete = bodiless;
    this.#stream = stream;
    this.#connection = connection;
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  get local(): Endpoint {
    return this.#connection.local;
  }

  get encryption(): Encryption | undefined {
    return this.#connection.encryption;
  }

  get body(): GatewayBody {
    return this;
  }

  start(sink: GatewayBodySink): void {
    const stream = this.#stream;
    this.#sink = sink;
    if (this.bodiless) {
      process.nextTick(end, this);
      return;
    }
    if (stream.destroyed) {
      process.nextTick(fail, this);
      return;
    }
    // Copied: what comes is a part of what the session has read, and would keep all of that.
    stream.on("data", (chunk: Buffer) => {
      if (this.#sink?.write(Buffer.from(chunk)) === false && this.#sink !== undefined) stream.pause();
    });
    // Only when all that was read has been looked at, the stream knows how it has ended.
    stream.on("end", () => setImmediate(onEnd, this));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** The stream is over: what has not come will not come. */
  fail(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (!this.complete) sink?.error(new Error(BROKEN));
  }

  end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  /** A stream that was reset, or whose connection broke, ends as a complete one does (Node): only its state tells them apart. */
  onEnd(): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed || stream.aborted || stream.state.remoteClose !== 1) {
      this.fail();
      return;
    }
    this.complete = true;
    this.end();
  }
}

function end(request: Http2Request): void {
  request.end();
}

function onEnd(request: Http2Request): void {
  request.onEnd();
}

function fail(request: Http2Request): void {
  request.fail();
}
