import {
  type BodyInput,
  type DispatchController,
  type DispatchOptions,
  type ResponseHandler,
  responseHandler,
} from "@x/client";
import type { ParamList } from "@x/protocol";
import type { ResponseHead } from "@x/protocol/cgi";
import type { FastCGIError } from "@x/protocol/errors";

import type { ResolvedLimits } from "../config/resolved-config.ts";
import { channels } from "../diagnostics.ts";
import { explainMissingScript } from "../http/advice.ts";
import { Refusal } from "../http/refusal.ts";
import { cleanResponseHeaders } from "../http/response-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { Upstream } from "../upstreams/upstream.ts";

/** From here on a chunk is kept where it lies until it is written; below, copying it is cheaper than keeping its 64 KiB slab busy. */
const KEEP_FROM = 16_384;

/** One request to an application and the way of its response to the client, as it comes, each side at the other's pace. */
export class FastCGIExchange implements ResponseHandler {
  readonly #served: ServedRequest;
  readonly #upstream: Upstream;
  readonly #limits: ResolvedLimits;
  readonly #scriptFilename: string | undefined;
  #options: DispatchOptions | undefined;
  #controller: DispatchController | undefined;
  /** Addresses tried, of those that there are. */
  #tries = 0;
  #turn = 0;
  #started = false;
  #paused = false;
  /** A local redirect: to be followed when the application has ended. */
  #location: string | undefined;

  constructor(served: ServedRequest, upstream: Upstream, limits: ResolvedLimits, scriptFilename: string | undefined) {
    this.#served = served;
    this.#upstream = upstream;
    this.#limits = limits;
    this.#scriptFilename = scriptFilename;
  }

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when the params cannot be sent */
  start(params: ParamList, body: BodyInput | undefined): void {
    const { method } = this.#served;
    const idempotent = method === "GET" || method === "HEAD" || method === "OPTIONS";
    this.#options = { params, stdin: body, idempotent };
    this.#turn = this.#upstream.turn();
    this.#served.onAbort = () => this.#controller?.abort();
    this.#try();
  }

  /** Gives the request up with an answer of our own. */
  refuse(refusal: Refusal): void {
    if (this.#started) this.#served.cut(new Error(refusal.reason), this.#upstream.name);
    else this.#served.refuse(refusal);
    this.#controller?.abort();
  }

  onResponseInformational(_controller: DispatchController, statusCode: 103, rawHeaders: string[]): void {
    if (this.#served.settled) return;
    this.#served.response.informational(statusCode, cleanResponseHeaders(rawHeaders, statusCode));
  }

  onResponseStart(controller: DispatchController, statusCode: number, rawHeaders: string[], head: ResponseHead): void {
    const served = this.#served;
    if (served.settled) return;
    if (head.kind === "local-redirect") {
      this.#location = head.location;
      return;
    }
    if (statusCode === 404 && this.#explained(controller)) return;
    this.#started = true;
    served.response.onDrain = () => this.#resume();
    served.response.start(statusCode, cleanResponseHeaders(rawHeaders, statusCode), head.statusText);
  }

  onResponseData(controller: DispatchController, chunk: Uint8Array): void {
    if (!this.#started || this.#served.settled) return;
    const { response } = this.#served;
    if (chunk.length < KEEP_FROM) {
      if (!response.write(chunk)) this.#pause(controller);
      return;
    }
    const slab = controller.retain();
    if (!response.write(chunk, () => slab.release())) this.#pause(controller);
  }

  onResponseEnd(): void {
    const served = this.#served;
    if (served.settled) return;
    if (this.#location !== undefined) served.redirect(this.#location);
    else {
      served.response.end();
      served.settle();
    }
  }

  onResponseError(_controller: DispatchController, error: FastCGIError): void {
    const served = this.#served;
    if (served.settled) return;
    if (this.#started) served.cut(error, this.#upstream.name);
    else if (isUnreached(error) && this.#tries < this.#upstream.size) this.#try();
    else served.fail(error, this.#upstream.name);
  }

  onStderr(chunk: Uint8Array): void {
    if (channels.stderr.hasSubscribers)
      channels.stderr.publish({ request: this.#served.request, upstream: this.#upstream.name, chunk });
  }

  #try(): void {
    const { responseHeaderBytes, responseHeaderLines } = this.#limits;
    const handler = responseHandler(this, {
      method: this.#served.method,
      maxHeadBytes: responseHeaderBytes,
      maxHeadLines: responseHeaderLines,
    });
    const pool = this.#upstream.pool(this.#turn + this.#tries++);
    this.#controller = pool.dispatch(this.#options as DispatchOptions, handler);
    // The body may have begun to flow meanwhile, and turned out not to be welcome.
    if (this.#served.settled) this.#controller.abort();
  }

  #pause(controller: DispatchController): void {
    this.#paused = true;
    controller.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#controller?.resume();
  }

  /** PHP-FPM's bare "File not found." says nothing; whoever may know gets told what it means. */
  #explained(controller: DispatchController): boolean {
    const { stderrTail } = controller;
    if (stderrTail === "" || !this.#served.developer) return false;
    const advice = explainMissingScript(stderrTail, this.#scriptFilename);
    if (advice === undefined) return false;
    this.#served.refuse(
      new Refusal(404, "Primary script unknown: PHP-FPM was asked for a script that it cannot see."),
      {
        upstream: this.#upstream.name,
        advice,
      },
    );
    return true;
  }
}

/** Connecting failed: nothing of the request was sent, so another address may have it. */
function isUnreached(error: FastCGIError): boolean {
  return error.code === "FCGI_ERR_CONNECT" || error.code === "FCGI_ERR_CONNECT_TIMEOUT";
}
