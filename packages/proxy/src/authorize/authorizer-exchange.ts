import { type DispatchController, type DispatchOptions, type ResponseHandler, responseHandler } from "@x/client";
import type { ParamList } from "@x/protocol";
import { type ResponseHead, readAuthorizerResult } from "@x/protocol/cgi";
import type { FastCGIError } from "@x/protocol/errors";

import type { ResolvedAuthorize } from "../config/authorize-config.ts";
import { channels } from "../diagnostics.ts";
import type { ExchangeRules } from "../handlers/fastcgi-exchange.ts";
import { ResponseSender } from "../handlers/response-sender.ts";
import { Refusal } from "../http/refusal.ts";
import { cleanResponseHeaders } from "../http/response-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { Permission } from "./authorization-cache.ts";

/** Bytes that are read and dropped for the sake of the connection. */
const UNWANTED = 65_536;

/**
 * One question to an authorizer. It ends in `allowed`, once its answer is complete, or in an answer to the client: what is not an
 * outright permission is none, and an authorizer that fails lets nobody in.
 */
export class AuthorizerExchange implements ResponseHandler {
  readonly #served: ServedRequest;
  readonly #config: ResolvedAuthorize;
  readonly #rules: ExchangeRules;
  readonly #params: ParamList;
  readonly #allowed: (permission: Permission) => void;
  #controller: DispatchController | undefined;
  #permission: Permission | undefined;
  #sender: ResponseSender | undefined;
  #unwanted = 0;

  constructor(
    served: ServedRequest,
    config: ResolvedAuthorize,
    rules: ExchangeRules,
    params: ParamList,
    allowed: (permission: Permission) => void,
  ) {
    this.#served = served;
    this.#config = config;
    this.#rules = rules;
    this.#params = params;
    this.#allowed = allowed;
  }

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when the params cannot be sent */
  start(): void {
    this.#served.onAbort = () => {
      this.#sender?.drop();
      this.#controller?.abort();
    };
    const { responseHeaderBytes, responseHeaderLines } = this.#rules.limits;
    const handler = responseHandler(this, {
      method: this.#served.method,
      maxHeadBytes: responseHeaderBytes,
      maxHeadLines: responseHeaderLines,
    });
    const { role } = this.#config;
    // To ask twice changes nothing.
    const options: DispatchOptions = { role, params: this.#params, idempotent: true };
    this.#controller = this.#rules.upstream.dispatch(options, handler);
  }

  onResponseStart(_controller: DispatchController, statusCode: number, rawHeaders: string[], head: ResponseHead): void {
    if (this.#served.settled) return;
    if (this.#config.role === "responder") {
      this.#onSubrequest(statusCode, rawHeaders);
      return;
    }
    const { granted, variables, rawHeaders: forClient } = readAuthorizerResult(head);
    if (granted) {
      this.#permission = { variables, headers: this.#taken(rawHeaders) };
      return;
    }
    // The whole answer is the client's (FastCGI 1.0 §6.3). A Location alone is a redirect of the client: to a login, say.
    this.#sender = new ResponseSender(this.#served.response, this.#rules, (error) => this.#cut(error));
    this.#served.response.start(statusCode, cleanResponseHeaders([...forClient], statusCode), head.statusText);
  }

  onResponseData(controller: DispatchController, chunk: Uint8Array): void {
    if (!this.#served.settled) {
      this.#sender?.write(chunk, controller);
      return;
    }
    // The body of a refusal that has been answered is read to its end, so that the connection can be kept, unless it is long.
    this.#unwanted += chunk.length;
    if (this.#unwanted > UNWANTED) controller.abort();
  }

  onResponseEnd(): void {
    const served = this.#served;
    this.#controller = undefined;
    if (served.settled) return;
    if (this.#permission !== undefined) {
      served.onAbort = undefined;
      this.#allowed(this.#permission);
    } else {
      this.#sender?.end(() => {
        served.response.end();
        served.settle();
      });
    }
  }

  onResponseError(_controller: DispatchController, error: FastCGIError): void {
    const served = this.#served;
    const { upstream } = this.#rules;
    if (this.#sender !== undefined) this.#cut(error);
    else served.fail(error, upstream.name);
  }

  onStderr(chunk: Uint8Array): void {
    if (channels.stderr.hasSubscribers)
      channels.stderr.publish({ request: this.#served.request, upstream: this.#rules.upstream.name, chunk });
  }

  /** As nginx's auth_request has it. */
  #onSubrequest(statusCode: number, rawHeaders: string[]): void {
    if (statusCode >= 200 && statusCode < 300) {
      const variables = new Map<string, string>();
      for (const [name, field] of this.#config.variables) variables.set(name, valueOf(rawHeaders, field));
      this.#permission = { variables, headers: this.#taken(rawHeaders) };
      return;
    }
    const { name } = this.#rules.upstream;
    const asked = `${JSON.stringify(name)}, which authorizes the requests of this route,`;
    const refused = statusCode === 401 || statusCode === 403;
    const refusal = refused
      ? new Refusal(statusCode, `${asked} refused this one.`, statusCode === 401 ? challenges(rawHeaders) : [])
      : new Refusal(500, `${asked} answered ${statusCode}: 2xx allows, 401 and 403 refuse.`);
    this.#served.refuse(refusal, { upstream: name });
  }

  #taken(rawHeaders: readonly string[]): string[] {
    const { headers } = this.#config;
    if (headers.length === 0) return [];
    return select(rawHeaders, (name) => headers.includes(name));
  }

  #cut(error: Error): void {
    this.#sender?.drop();
    this.#served.cut(error, this.#rules.upstream.name);
  }
}

function challenges(rawHeaders: readonly string[]): string[] {
  return select(rawHeaders, (name) => name === "www-authenticate");
}

function select(rawHeaders: readonly string[], wanted: (name: string) => boolean): string[] {
  const selected: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (wanted(name.toLowerCase())) selected.push(name, rawHeaders[at + 1] as string);
  }
  return selected;
}

/** The field's value; several, as one list; empty when there is none: a variable of that name never comes from the client then. */
function valueOf(rawHeaders: readonly string[], field: string): string {
  const lower = field.toLowerCase();
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === lower) values.push(rawHeaders[at + 1] as string);
  }
  return values.join(", ");
}
