import type { BodyInput } from "@x/client";
import type { ParamList } from "@x/protocol";

import type { ResolvedFastCGIRoute, ResolvedLimits, ResolvedTimeouts } from "../config/resolved-config.ts";
import { explainAddresses } from "../explain/address-choice.ts";
import { explainParams } from "../explain/param-origins.ts";
import type { Trace } from "../explain/trace.ts";
import type { CollectingRules } from "../http/body-collector.ts";
import { BodyWatch, bodyPace } from "../http/body-watch.ts";
import { collectBody } from "../http/collect-body.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import { StreamedBody } from "../http/request-body.ts";
import { bodyTooLarge } from "../http/request-head.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { SpooledBody } from "../http/spooled-body.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { type FileRules, type FoundFile, findFile, findRemoteScript } from "../routing/find-file.ts";
import { belowMount } from "../routing/mount.ts";
import type { FileKind, RootFolder } from "../routing/root-folder.ts";
import type { Spool } from "../spool/spool.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { type ExchangeRules, FastCGIExchange } from "./fastcgi-exchange.ts";
import { FastCGIParams } from "./fastcgi-params.ts";
import type { Handler } from "./handler.ts";
import type { SendOrders } from "./send-orders.ts";
import { redirectToFolder } from "./slash-redirect.ts";
import type { StaticHandler } from "./static.ts";

const NOT_FOUND = new Refusal(404, "Neither a file nor a script of this route answers the path.");

/** What a gateway's applications share, and where the route lies. */
export interface FastCGIContext {
  readonly limits: ResolvedLimits;
  readonly timeouts: ResolvedTimeouts;
  readonly spool: Spool;
  /** The path below which the route lies; empty: the root. */
  readonly mount: string;
  readonly orders?: SendOrders | undefined;
}

/**
 * Asks an application. With file rules, only scripts that exist reach it; then the body is collected, or passed on as it comes, and
 * the request goes out.
 */
export class FastCGIHandler implements Handler {
  readonly traces = true;
  readonly #route: ResolvedFastCGIRoute;
  readonly #upstream: Upstream;
  readonly #exchanges: ExchangeRules;
  readonly #collecting: CollectingRules;
  readonly #folder: RootFolder | undefined;
  readonly #files: StaticHandler | undefined;
  readonly #rules: FileRules;
  readonly #params: FastCGIParams;
  readonly #mount: string;

  /**
   * @param folder the document root, when files are to be looked at
   * @param files serves what is found there and is no script
   * @param denied paths of the route that nobody gets
   */
  constructor(
    route: ResolvedFastCGIRoute,
    upstream: Upstream,
    context: FastCGIContext,
    folder: RootFolder | undefined,
    files: StaticHandler | undefined,
    denied: DenyList | undefined,
  ) {
    const { limits, timeouts, spool, mount, orders } = context;
    this.#mount = mount;
    this.#route = route;
    this.#upstream = upstream;
    const finish = route.onClientAbort === "finish";
    this.#exchanges = { upstream, limits, spool, store: route.buffer !== "off", orders, finish };
    this.#collecting = { limit: limits.body, pace: bodyPace(limits, timeouts), spool };
    this.#folder = folder;
    this.#files = files;
    const { extensions, index, tryFiles } = route;
    this.#rules = { extensions, index, tryFiles, denied };
    this.#params = new FastCGIParams(route, mount, folder);
  }

  handle(served: ServedRequest): void {
    const path = belowMount(served.path, this.#mount);
    const hasFiles = this.#folder !== undefined || this.#route.extensions.length > 0;
    if (path === "" && hasFiles) redirectToFolder(served);
    else if (this.#folder !== undefined) {
      const { trace } = served;
      const looked = trace && ((file: string, kind: FileKind) => trace.file(file, kind));
      findFile(this.#folder, this.#rules, path, (found) => this.#onFound(served, found), looked);
    } else if (hasFiles) this.#onFound(served, findRemoteScript(this.#rules, path));
    else this.#onPath(served, path);
  }

  /** All paths are the application's, but for those that are denied. */
  #onPath(served: ServedRequest, path: string): void {
    const pattern = this.#rules.denied?.find(path);
    if (pattern === undefined) this.#run(served, "", path);
    else served.refuse(deniedPath(`${JSON.stringify(pattern)} stands in deny of the route`));
  }

  #onFound(served: ServedRequest, found: FoundFile): void {
    if (served.settled) return;
    switch (found.kind) {
      case "script":
        this.#run(served, found.scriptName, found.pathInfo);
        return;
      case "folder":
        redirectToFolder(served);
        return;
      case "denied":
        served.refuse(deniedPath(found.reason));
        return;
      case "file":
        if (this.#files === undefined) served.refuse(NOT_FOUND);
        else this.#files.send(served, found.path);
        return;
      case "none":
        // Without scripts, what is no file is the application's.
        if (this.#route.extensions.length === 0) this.#run(served, "", belowMount(served.path, this.#mount));
        else served.refuse(NOT_FOUND);
    }
  }

  #run(served: ServedRequest, scriptName: string, pathInfo: string): void {
    const { contentLength } = served;
    const { buffer } = this.#route;
    if (served.trace !== undefined) this.#explain(served.trace, served, scriptName, pathInfo);
    else if (contentLength === 0) this.#send(served, scriptName, pathInfo, undefined, undefined);
    else if (buffer === "off" || (buffer === "known-length" && contentLength !== undefined)) {
      const exchange = this.#exchange(served, scriptName);
      this.#start(exchange, served, scriptName, pathInfo, this.#streamed(served, exchange), contentLength);
    } else {
      collectBody(served, this.#collecting, (body) => this.#send(served, scriptName, pathInfo, body, body?.length));
    }
  }

  #explain(trace: Trace, served: ServedRequest, scriptName: string, pathInfo: string): void {
    if (scriptName !== "") trace.script(this.#mount + scriptName, pathInfo);
    let params: ParamList;
    try {
      params = this.#params.make(served, scriptName, pathInfo, served.contentLength || undefined);
    } catch (error) {
      served.fail(error, this.#upstream.name);
      return;
    }
    trace.application({
      upstream: this.#upstream.name,
      ...explainAddresses(this.#upstream, params),
      params: explainParams(params, served, this.#route, this.#mount),
    });
    served.settle();
  }

  #streamed(served: ServedRequest, exchange: FastCGIExchange): StreamedBody {
    const { limit, pace } = this.#collecting;
    return new StreamedBody(served.request.body, {
      limit,
      expected: served.contentLength,
      watch: new BodyWatch(pace, (refusal) => exchange.refuse(refusal)),
      onStart: served.expectsContinue ? (): void => served.response.informational(100, []) : undefined,
      onTooLarge: () => exchange.refuse(bodyTooLarge(limit)),
    });
  }

  #send(
    served: ServedRequest,
    scriptName: string,
    pathInfo: string,
    body: Uint8Array | SpooledBody | undefined,
    contentLength: number | undefined,
  ): void {
    this.#start(this.#exchange(served, scriptName), served, scriptName, pathInfo, body, contentLength);
  }

  #exchange(served: ServedRequest, scriptName: string): FastCGIExchange {
    return new FastCGIExchange(served, this.#exchanges, this.#params.scriptFilename(scriptName));
  }

  #start(
    exchange: FastCGIExchange,
    served: ServedRequest,
    scriptName: string,
    pathInfo: string,
    body: BodyInput | undefined,
    contentLength: number | undefined,
  ): void {
    try {
      exchange.start(this.#params.make(served, scriptName, pathInfo, contentLength), body);
    } catch (error) {
      // Something in the request cannot be said in params.
      if (body instanceof SpooledBody) body.release();
      served.fail(error, this.#upstream.name);
    }
  }
}
