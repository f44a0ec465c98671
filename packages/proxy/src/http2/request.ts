import type { ServerHttp2Stream } from "node:http2";

import type { Accepted } from "../front/accepted.ts";
import { FrontRequest } from "../front/front-request.ts";
import type { GatewayBodySink } from "../gateway-request.ts";
import type { RequestFields } from "./request-fields.ts";

const BROKEN = "The client ended its request before it was complete.";

/** One request of a connection. */
export class Http2Request extends FrontRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = "2.0";
  /** There is no body. */
  readonly bodiless: boolean;
  complete: boolean;
  readonly #stream: ServerHttp2Stream;
  #sink: GatewayBodySink | undefined;

  /** @param bodiless the head was all of it */
  constructor(fields: RequestFields, stream: ServerHttp2Stream, connection: Accepted, bodiless: boolean) {
    super(connection);
    this.method = fields.method;
    this.target = fields.target;
    this.rawHeaders = fields.rawHeaders;
    this.bodiless = this.complete = bodiless;
    this.#stream = stream;
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
