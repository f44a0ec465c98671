import {
  type BodyInput,
  type DispatchController,
  type DispatchOptions,
  type ResponseHandler,
  responseHandler,
} from "@x/client";
import { ParamList } from "@x/protocol";
import type { ResponseHead } from "@x/protocol/cgi";
import type { FastCGIError } from "@x/protocol/errors";

import type { Client } from "../access/client-table.ts";
import type { ResolvedLimits } from "../config/resolved-config.ts";
import { channels } from "../diagnostics.ts";
import { FileSource } from "../filter/file-source.ts";
import { explainMissingScript } from "../http/missing-script.ts";
import { Refusal } from "../http/refusal.ts";
import { StreamedBody } from "../http/request-body.ts";
import { cleanResponseHeaders } from "../http/response-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { SpooledBody } from "../http/spooled-body.ts";
import type { ExchangeTarget } from "../upstreams/exchange-target.ts";
import { ResponseSender, type SendingRules } from "./response-sender.ts";
import type { SendOrders } from "./send-orders.ts";

const NONE = new ParamList();

/** What is the same for all requests of a route. */
export interface ExchangeRules extends SendingRules {
  readonly upstream: ExchangeTarget;
  readonly limits: ResolvedLimits;
  /** What an application may order to be sent in place of its body; undefined: nothing. */
  readonly orders?: SendOrders | undefined;
  /** Let the application go on when its client has gone? */
  readonly finish?: boolean;
}

/** What a filter gets beside the request (FastCGI 1.0 §6.4). */
export interface FilterInput {
  readonly role: "filter";
  readonly data: Uint8Array | FileSource;
}

/** One request to an application, and its response until the client has it. */
export class FastCGIExchange implements ResponseHandler {
  readonly #served: ServedRequest;
  readonly #rules: ExchangeRules;
  readonly #upstream: ExchangeTarget;
  readonly #scriptFilename: string | undefined;
  #params = NONE;
  #body: SpooledBody | undefined;
  #data: FileSource | undefined;
  #streamed: StreamedBody | undefined;
  /** Who is counted for it although the client has gone. */
  #counted: Client | undefined;
  #controller: DispatchController | undefined;
  /** The head is out. */
  #sender: ResponseSender | undefined;
  /** A local redirect: to be followed when the application has ended. */
  #location: string | undefined;
  /** What is to be sent in place of the response, when the application has ended. */
  #order: ((served: ServedRequest) => void) | undefined;
  /** The request is answered by somebody else. */
  #given = false;

  constructor(served: ServedRequest, rules: ExchangeRules, scriptFilename: string | undefined) {
    this.#served = served;
    this.#rules = rules;
    this.#upstream = rules.upstream;
    this.#scriptFilename = scriptFilename;
  }

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when the params cannot be sent */
  start(params: ParamList, body: BodyInput | undefined, filter?: FilterInput): void {
    const { method } = this.#served;
    const idempotent = method === "GET" || method === "HEAD" || method === "OPTIONS";
    // An application may close a kept connection just when a request leaves on it: what cannot be repeated then never does.
    const repeatable = idempotent && isKept(body) && isKept(filter?.data);
    this.#params = params;
    const reuse = repeatable || this.#upstream.multiplexes;
    const options: DispatchOptions = { params, stdin: body, idempotent, reuse, role: filter?.role, data: filter?.data };
    if (body instanceof SpooledBody) this.#body = body;
    if (body instanceof StreamedBody) this.#streamed = body;
    if (filter?.data instanceof FileSource) this.#data = filter.data;
    this.#served.upstream = this.#upstream.name;
    this.#served.onAbort = () => this.#onClientGone();
    const { responseHeaderBytes, responseHeaderLines } = this.#rules.limits;
    const handler = responseHandler(this, {
      method,
      maxHeadBytes: responseHeaderBytes,
      maxHeadLines: responseHeaderLines,
    });
    this.#controller = this.#upstream.dispatch(options, handler);
    // The body may have begun to flow meanwhile, and turned out not to be welcome.
    if (this.#served.settled) this.#controller.abort();
  }

  /** Gives the request up with an answer of our own. */
  refuse(refusal: Refusal): void {
    if (this.#sender !== undefined) this.#served.cut(new Error(refusal.reason), this.#upstream.name);
    else this.#served.refuse(refusal);
    this.#stop();
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
    this.#order = this.#rules.orders?.find(rawHeaders);
    if (this.#order !== undefined) return;
    if (statusCode >= 400 && served.intercept(statusCode)) {
      this.#given = true;
      return;
    }
    this.#sender = new ResponseSender(served.response, this.#rules, (error) => this.#cut(error));
    const headers = cleanResponseHeaders(rawHeaders, statusCode);
    const { cookie } = this.#upstream;
    if (cookie !== undefined)
      headers.push(...cookie.headers(this.#params, controller.address, served.scheme === "https"));
    served.response.start(statusCode, headers, head.statusText);
  }

  /** What comes with an order, or with an error that has a page here, is for nobody. */
  onResponseData(controller: DispatchController, chunk: Uint8Array): void {
    if (!this.#served.settled) this.#sender?.write(chunk, controller);
  }

  onResponseEnd(): void {
    const served = this.#served;
    this.#release();
    // A client that is slow keeps this object for long, and should not keep what the application alone needed.
    this.#params = NONE;
    this.#controller = undefined;
    if (served.settled || this.#given) return;
    if (this.#order !== undefined) this.#order(served);
    else if (this.#location !== undefined) served.redirect(this.#location);
    else {
      this.#sender?.end(() => {
        served.response.end();
        served.settle();
      });
    }
  }

  onResponseError(_controller: DispatchController, error: FastCGIError): void {
    const served = this.#served;
    this.#release();
    if (this.#given) return;
    if (this.#sender !== undefined) this.#cut(error);
    else served.fail(error, this.#upstream.name);
  }

  onStderr(chunk: Uint8Array, { address }: DispatchController): void {
    if (channels.stderr.hasSubscribers)
      channels.stderr.publish({
        request: this.#served.request,
        upstream: this.#upstream.name,
        chunk,
        id: this.#served.id,
        host: this.#served.host?.name,
        script: this.#scriptFilename,
        address,
      });
  }

  #onClientGone(): void {
    if (this.#rules.finish !== true || this.#streamed?.whole === false) {
      this.#stop();
      return;
    }
    this.#sender?.drop();
    this.#counted = this.#served.client;
    this.#counted?.stay();
    // It may wait for the client.
    this.#controller?.resume();
  }

  /** Nobody wants the answer any more. */
  #stop(): void {
    this.#sender?.drop();
    this.#release();
    this.#controller?.abort();
  }

  /** Gives back the files that the application was sent. */
  #release(): void {
    this.#counted?.leave();
    this.#counted = undefined;
    this.#body?.release();
    this.#data?.release();
    this.#body = this.#data = undefined;
  }

  #cut(error: Error): void {
    this.#sender?.drop();
    this.#served.cut(error, this.#upstream.name);
  }

  /**
   * PHP-FPM's bare "File not found." says nothing: a developer is told what it means, and the log when something is set up wrong.
   * A client's own mistake is an answer like any other.
   */
  #explained(controller: DispatchController): boolean {
    const { stderrTail, address } = controller;
    if (stderrTail === "") return false;
    const missing = explainMissingScript(stderrTail, this.#scriptFilename, address);
    if (missing === undefined || !(missing.isThere || this.#served.developer)) return false;
    this.#served.refuse(new Refusal(404, missing.reason), { upstream: this.#upstream.name, advice: missing.advice });
    return true;
  }
}

/** Can it be sent a second time? */
function isKept(body: unknown): boolean {
  return body === undefined || body instanceof Uint8Array;
}
