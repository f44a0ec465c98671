import type { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";

import { FastCGIError } from "@x/protocol/errors";

import type { ActiveRequest } from "../active-request.ts";
import type { BodyConsumer } from "../request-body.ts";
import type { ResponseObserver } from "../response-stream.ts";
import type { NodeRequest, NodeResponse } from "./internals.ts";
import { RequestSocket, aborted, closeResponse } from "./request-socket.ts";

/** Answers one request, as `http.createServer`'s listener does. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * One request as node:http's own objects. Below them is a {@link RequestSocket}, so that everything that
 * frameworks do to them works, replacing their prototypes (Express 5) and calling what is not documented
 * included. Here is what node:http's server does for its messages: the body in, the end out.
 */
export class NodeExchange implements BodyConsumer, ResponseObserver {
  readonly #active: ActiveRequest;
  readonly #socket: RequestSocket;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  /** Is the response over, so that what has come of the body is handed over at once? */
  #over = false;
  #attached = false;

  constructor(active: ActiveRequest, server: EventEmitter) {
    this.#active = active;
    this.#socket = new RequestSocket(active, server);
    // node:http asks of its socket no more than RequestSocket has.
    this.#request = new IncomingMessage(this.#socket as never) as NodeRequest;
    fillHead(this.#request, active);
    const response = new ServerResponse(this.#request);
    this.#response = response as unknown as NodeResponse;
    response.sendDate = false;
    this.#response._removedConnection = true;
    this.#response._storeHeader = storeHeader;
    this.#response._send = send;
    // What `assignSocket` does, less a listener for the end of the socket, which tells the response itself.
    this.#socket._httpMessage = this.#response;
    this.#response.socket = this.#socket as never;
    response.on("prefinish", () => this.#onResponseEnd());
    active.output.observer = this;
    active.onAborted = () => this.#onAborted();
  }

  /** Gives the request to `listener`, and then its body as it comes. */
  run(listener: (request: IncomingMessage, response: ServerResponse) => unknown): unknown {
    const { body } = this.#active;
    // Nothing will come: nobody need wait for it.
    const empty = (this.#attached = body.complete && body.queued === 0);
    const result = listener(this.#request, this.#response);
    // As in node:http the body follows when the listener has seen the head.
    if (empty) this.onEnd();
    else this.#attach();
    return result;
  }

  onChunk(chunk: Uint8Array): boolean {
    if (this.#request._dumped || this.#request.destroyed) return true;
    return this.#request.push(chunk) || this.#over;
  }

  onEnd(): void {
    this.#request.complete = true;
    if (!this.#request.destroyed) this.#request.push(null);
  }

  /** The body is cut short; the response may still be wanted. */
  onError(cause: FastCGIError): void {
    if (this.#request.destroyed) return;
    if (this.#over && !this.#request.readableFlowing) {
      this.#request._dump(); // nobody reads, and there is nobody to tell
      this.#request.push(null);
      return;
    }
    // A request that is destroyed destroys its socket, unless that is already: the response goes on.
    const { destroyed } = this.#socket;
    this.#socket.destroyed = true;
    this.#request.destroy(aborted(cause));
    this.#socket.destroyed = destroyed;
  }

  emit(event: "drain" | "flush" | "finish" | "close"): void {
    if (event === "flush") this.#socket.onFlushed();
    else if (event === "drain") this.#onDrain();
    else if (event === "finish") this.#onFinish();
    else if (!this.#active.output.finished) this.#abort();
  }

  #attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    this.#active.body.attach(this);
  }

  #onAborted(): void {
    const { output } = this.#active;
    if (!this.#active.unwanted || output.ended) return;
    this.#abort();
    output.endAborted();
  }

  /** Nobody waits any more: what node:http does when its socket closes. */
  #abort(): void {
    this.#over = true;
    this.#socket.close();
  }

  /** The application has said everything. What has come of the body stays readable; no more will. */
  #onResponseEnd(): void {
    this.#over = true;
    const { body, output } = this.#active;
    this.#attach();
    if (body.complete && body.queued > 0) body.pull();
    if (this.#socket.destroyed) output.endAborted();
    else output.end();
  }

  #onFinish(): void {
    const { finished } = this.#active.output;
    this.#socket.onFlushed();
    const request = this.#request;
    if (!finished || this.#response._closed) return;
    if (!request.destroyed && request.readableFlowing === null && request.listenerCount("readable") === 0) {
      request._dump();
    }
    if (this.#socket._httpMessage === this.#response) {
      this.#socket._httpMessage = null;
      this.#response.socket = null;
    }
    process.nextTick(closeResponse, this.#response);
  }

  #onDrain(): void {
    // Something empty to send makes every version of node:http look whether somebody waits for `drain`.
    this.#response.outputData.push({ data: "", encoding: "latin1", callback: null });
    this.#response._flush();
    this.#socket.emit("drain");
  }
}

function fillHead(message: NodeRequest, active: ActiveRequest): void {
  const { request, body } = active;
  const { httpVersion, rawHeaders, method, url } = request;
  message.httpVersion = httpVersion;
  message.httpVersionMajor = httpVersion.charCodeAt(0) - ZERO;
  message.httpVersionMinor = httpVersion.length > 2 ? httpVersion.charCodeAt(2) - ZERO : 0;
  message.method = method;
  message.url = url;
  message.upgrade = false;
  let headers = rawHeaders;
  const empty = body.complete && body.queued === 0;
  if (body.contentLength === undefined && !empty && !rawHeaders.includes("transfer-encoding")) {
    // Without one of the two, frameworks take it for granted that there is no body.
    headers = [...rawHeaders, "transfer-encoding", "chunked"];
  }
  message._addHeaderLines(headers, headers.length);
}

/**
 * Lets node:http make its head, and keeps it from cutting the body into chunks: that is the web server's.
 * A property of the response itself, as its prototype may be replaced.
 */
function storeHeader(this: NodeResponse, firstLine: string, headers: unknown): void {
  if (this.statusCode < 200) {
    const message = `A response cannot have the status ${this.statusCode}.`;
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "response-head" });
  }
  nodeStoreHeader.call(this, firstLine, headers);
  this.chunkedEncoding = false;
}

/** Sends the head by itself: node:http would put it before the text of a body, out of which it would have to be cut again. */
function send(this: NodeResponse, data: unknown, encoding: unknown, callback: unknown, length: unknown): boolean {
  if (!this._headerSent && this._header !== null) {
    this._headerSent = true;
    this._writeRaw(this._header, "latin1", null, 0);
  }
  return this._writeRaw(data, encoding, callback, length);
}

const nodeStoreHeader: NodeResponse["_storeHeader"] = (ServerResponse.prototype as unknown as NodeResponse)
  ._storeHeader;
const ZERO = "0".charCodeAt(0);
