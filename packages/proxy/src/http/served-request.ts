import { type FastCGIError, isFastCGIError } from "@x/protocol/errors";

import type { LoggedResponse } from "../access-log/logged-response.ts";
import type { Client } from "../access/client-table.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Trace } from "../explain/trace.ts";
import type { Endpoint, GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import { ChangedHead } from "../responses/changed-head.ts";
import { isDeveloper } from "./audience.ts";
import {
  type Audience,
  type Failure,
  answerError,
  cutResponse,
  headersOf,
  newRequestId,
  publishCut,
  publishFailure,
  statusOf,
} from "./error-answer.ts";
import type { Forwarded } from "./forwarding.ts";
import type { Host } from "./host.ts";
import { Refusal } from "./refusal.ts";
import { RefusedRequest } from "./refused-request.ts";
import type { RequestHead } from "./request-head.ts";

/** Who gives requests to handlers, and hears when they are done. */
export interface RequestOwner {
  readonly errors: ResolvedConfig["errors"];
  /** Finds a handler for what a local redirect names (RFC 3875 §6.2.2). */
  redirect(served: ServedRequest, location: string): void;
  /** Finds a handler for another path, which the gateway itself wants to be served in place of the one that was asked for. */
  rewrite(served: ServedRequest, path: string, query: string): void;
  /** Finds an internal route with files for a path that an application names. */
  sendInternal(served: ServedRequest, location: string): void;
  settled(served: ServedRequest): void;
}

/**
 * One request on its way through the gateway, from its checked head to the end of its answer. A handler answers it and calls
 * {@link ServedRequest.settle}, or gives it to one of the methods that do both.
 */
export class ServedRequest implements Audience {
  readonly request: GatewayRequest;
  /** What the front gave us. */
  front: GatewayResponse;
  /** Where the answer goes: `front`, or what was put before it. */
  response: GatewayResponse;
  readonly expectsContinue: boolean;
  /** The client's end, as far as we believe the proxies in between. */
  readonly remote: Endpoint;
  /** As the client sees it. */
  readonly scheme: "http" | "https";
  /** As the client named it. */
  readonly host: Host | undefined;
  /** The port that the client asked; undefined: that of our end of the connection. */
  readonly serverPort: number | undefined;
  /** Is it a proxy that says who the client is? */
  readonly believed: boolean;
  /** Without what a stranger says about who he is. */
  readonly rawHeaders: readonly string[];
  /** These five say what is asked for; a local redirect changes them. */
  method: string;
  /** Path and query as they came. */
  requestUri: string;
  /** Decoded and clean, latin-1. */
  path: string;
  query: string;
  /** Bytes of the body; 0: there is none; undefined: not known. */
  contentLength: number | undefined;
  /** What authorizers of the route gave to the application. */
  variables: ReadonlyMap<string, string> | undefined;
  /** Times that the gateway sent it elsewhere by itself: local redirects, rewrites, error pages. */
  redirects = 0;
  /** Whose password was right: REMOTE_USER. Latin-1. */
  remoteUser: string | undefined;
  /** Who is counted for the request, until it is over; undefined: nobody. */
  client: Client | undefined;
  /** The upstream that is asked, once it is. */
  upstream: string | undefined;
  /** Hears of the end when the client goes away. */
  log: LoggedResponse | undefined;
  /** Pages of the route for errors, by status. */
  errorPages: ReadonlyMap<number, string> | undefined;
  /** For errors of applications, too? */
  interceptErrors = false;
  /** The request is not to be answered but to be explained. */
  readonly trace: Trace | undefined;
  /** Set by whoever works on the answer; called when the client has gone and the request is settled. */
  onAbort: (() => void) | undefined;
  readonly #owner: RequestOwner;
  #settled = false;
  /** What went wrong first, when its page is on its way; and its id. */
  #failure: Failure | undefined;
  #failureId = "";
  #id: string | undefined;
  /** The path that an application has ordered to be sent in place of its answer. */
  #order: string | undefined;

  /** @param forwarded what proxies in between say */
  constructor(
    owner: RequestOwner,
    request: GatewayRequest,
    response: GatewayResponse,
    head: RequestHead,
    forwarded: Forwarded | undefined,
    trace?: Trace,
  ) {
    this.trace = trace;
    this.#owner = owner;
    this.request = request;
    this.front = response;
    this.response = response;
    this.remote = forwarded === undefined ? request.remote : forwarded.remote;
    this.scheme = forwarded === undefined ? request.scheme : forwarded.scheme;
    this.host = forwarded === undefined ? head.host : forwarded.host;
    this.serverPort = forwarded === undefined ? undefined : forwarded.serverPort;
    this.believed = forwarded !== undefined && forwarded.believed;
    this.rawHeaders = forwarded === undefined ? request.rawHeaders : forwarded.rawHeaders;
    this.expectsContinue = head.expectsContinue;
    this.method = request.method;
    this.requestUri = head.target.raw;
    this.path = head.target.path;
    this.query = head.target.query;
    this.contentLength = head.contentLength;
    request.onAbort = (reason) => {
      const stop = this.onAbort;
      const refused = reason instanceof RefusedRequest;
      if (reason !== undefined && !refused) publishCut(request, reason);
      this.settle();
      if (refused) this.log?.refused(reason);
      else this.log?.publish(false);
      stop?.();
    };
  }

  get errors(): ResolvedConfig["errors"] {
    return this.#owner.errors;
  }

  /** Made when somebody asks for it: most requests are never spoken of. */
  get id(): string {
    this.#id ??= newRequestId();
    return this.#id;
  }

  /** May the client see what goes on inside? */
  get developer(): boolean {
    return isDeveloper(this.errors, this.request, this.host);
  }

  /** Is it done with, answered or given up? */
  get settled(): boolean {
    return this.#settled;
  }

  /** Answers with an error of the gateway's own. */
  refuse(refusal: Refusal, more: Omit<Failure, "cause"> = {}): void {
    if (this.#settled) return;
    const { status, reason, rawHeaders } = refusal;
    const cause =
      this.#order === undefined
        ? refusal
        : new Refusal(status, `For X-Accel-Redirect ${JSON.stringify(this.#order)}: ${reason}`, rawHeaders);
    this.#fail({ ...more, cause });
  }

  /** Answers for an application that failed before the head of its response. */
  fail(error: unknown, upstream?: string): void {
    if (this.#settled) return;
    this.#fail({ cause: toCause(error), upstream });
  }

  #fail(failure: Failure): void {
    const { cause } = failure;
    this.trace?.refused(cause instanceof Refusal ? cause.reason : cause.message);
    const page = this.errorPages?.get(statusOf(failure));
    if (page !== undefined && this.#failure === undefined) {
      this.#failureId = publishFailure(this.request, failure, this.id);
      this.#showErrorPage(failure, page);
      return;
    }
    // A page that cannot be had is no other error than the first one.
    if (this.#failure === undefined) answerError(this, failure);
    else answerError(this, this.#failure, this.#failureId);
    this.settle();
  }

  /** Is it the page of an error that is served now? */
  get isErrorPage(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Takes a response of an application's that has a page here.
   *
   * @returns false when it is to go out as it is
   */
  intercept(statusCode: number): boolean {
    const page = this.interceptErrors && this.#failure === undefined ? this.errorPages?.get(statusCode) : undefined;
    if (page === undefined) return false;
    this.#showErrorPage({ cause: new Refusal(statusCode, `The application answered with ${statusCode}.`) }, page);
    return true;
  }

  #showErrorPage(failure: Failure, page: string): void {
    this.#failure = failure;
    this.front = new ChangedHead(this.front, statusOf(failure), headersOf(failure));
    this.asFile();
    this.rewrite(page, "");
  }

  /** From now on it is a GET without a body, for what the server itself wants to send. */
  asFile(): void {
    if (this.method !== "HEAD") this.method = "GET";
    this.contentLength = 0;
    this.onAbort = undefined;
  }

  /** Sends a file of an internal route, in place of what an application would have sent. */
  sendInternal(location: string): void {
    this.asFile();
    this.#order = location;
    this.#owner.sendInternal(this, location);
  }

  /** Cuts a response whose head is out; if it turns out to be still here, the client gets an error page instead. */
  cut(error: unknown, upstream?: string): void {
    if (this.#settled) return;
    if (this.response.withdraw()) {
      this.fail(error, upstream);
      return;
    }
    cutResponse(this, { cause: toCause(error), upstream });
    this.settle();
  }

  /** Starts over with a path of the same site. */
  redirect(location: string): void {
    this.#owner.redirect(this, location);
  }

  /** Starts over with another path, encoded as in a URL; the rest of the request stays. */
  rewrite(path: string, query: string): void {
    this.#owner.rewrite(this, path, query);
  }

  /** The answer is complete, or nobody wants it any more. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.onAbort = undefined;
    this.request.onAbort = undefined;
    this.response.onDrain = undefined;
    this.client?.leave();
    this.#owner.settled(this);
  }
}

/** Anything but an error of the family is a fault of this program or of its machine. */
function toCause(error: unknown): FastCGIError | Refusal {
  return isFastCGIError(error) ? error : new Refusal(500, error instanceof Error ? error.message : String(error));
}
