import type { BodyInput } from "@x/client";

import type { ResolvedFastCGIRoute, ResolvedLimits } from "../config/resolved-config.ts";
import { Refusal } from "../http/refusal.ts";
import { BodyCollector, StreamedBody } from "../http/request-body.ts";
import { bodyTooLarge } from "../http/request-head.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { type FoundFile, findFile, findRemoteScript } from "../routing/find-file.ts";
import type { RootFolder } from "../routing/root-folder.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { FastCGIExchange } from "./fastcgi-exchange.ts";
import { FastCGIParams } from "./fastcgi-params.ts";
import type { Handler } from "./handler.ts";
import { redirectToFolder } from "./slash-redirect.ts";
import type { StaticHandler } from "./static.ts";

const NOT_FOUND = new Refusal(404, "Neither a file nor a script of this route answers the path.");

/**
 * Asks an application. With file rules, only scripts that exist reach it; then the body is collected, or passed on as it comes, and
 * the request goes out.
 */
export class FastCGIHandler implements Handler {
  readonly #route: ResolvedFastCGIRoute;
  readonly #upstream: Upstream;
  readonly #limits: ResolvedLimits;
  readonly #folder: RootFolder | undefined;
  readonly #files: StaticHandler | undefined;
  readonly #params: FastCGIParams;

  /**
   * @param folder the document root, when files are to be looked at
   * @param files serves what is found there and is no script
   */
  constructor(
    route: ResolvedFastCGIRoute,
    upstream: Upstream,
    limits: ResolvedLimits,
    folder: RootFolder | undefined,
    files: StaticHandler | undefined,
  ) {
    this.#route = route;
    this.#upstream = upstream;
    this.#limits = limits;
    this.#folder = folder;
    this.#files = files;
    this.#params = new FastCGIParams(route);
  }

  handle(served: ServedRequest): void {
    if (this.#folder !== undefined)
      findFile(this.#folder, this.#route, served.path, (found) => this.#onFound(served, found));
    else if (this.#route.extensions.length > 0) this.#onFound(served, findRemoteScript(this.#route, served.path));
    else this.#run(served, "", served.path);
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
      case "file":
        if (this.#files === undefined) served.refuse(NOT_FOUND);
        else this.#files.send(served, found.path);
        return;
      case "none":
        // Without scripts, what is no file is the application's.
        if (this.#route.extensions.length === 0) this.#run(served, "", served.path);
        else served.refuse(NOT_FOUND);
    }
  }

  #run(served: ServedRequest, scriptName: string, pathInfo: string): void {
    const { contentLength } = served;
    const { buffer } = this.#route;
    if (contentLength === 0) this.#send(served, scriptName, pathInfo, undefined, undefined);
    else if (buffer === "off" || (buffer === "known-length" && contentLength !== undefined)) {
      const sayContinue = served.expectsContinue ? (): void => served.response.informational(100, []) : undefined;
      const tooLarge = (): void => exchange.refuse(bodyTooLarge(this.#limits.body));
      const body = new StreamedBody(served.request.body, this.#limits.body, contentLength, sayContinue, tooLarge);
      const exchange = this.#exchange(served, scriptName);
      this.#start(exchange, served, scriptName, pathInfo, body, contentLength);
    } else this.#collect(served, scriptName, pathInfo);
  }

  /** The application is asked when the body is there: until then nothing of the client's slowness, or of its mistakes, reaches it. */
  #collect(served: ServedRequest, scriptName: string, pathInfo: string): void {
    if (served.expectsContinue) served.response.informational(100, []);
    const { body } = served.request;
    body.start(
      new BodyCollector(this.#limits.body, served.contentLength, {
        onBody: (bytes) => this.#send(served, scriptName, pathInfo, bytes, bytes?.length),
        onTooLarge: () => served.refuse(bodyTooLarge(this.#limits.body)),
        onBroken: () => served.refuse(new Refusal(400, "The request body broke off.")),
      }),
    );
  }

  #send(
    served: ServedRequest,
    scriptName: string,
    pathInfo: string,
    body: BodyInput | undefined,
    contentLength: number | undefined,
  ): void {
    if (served.settled) return;
    this.#start(this.#exchange(served, scriptName), served, scriptName, pathInfo, body, contentLength);
  }

  #exchange(served: ServedRequest, scriptName: string): FastCGIExchange {
    return new FastCGIExchange(served, this.#upstream, this.#limits, this.#params.scriptFilename(scriptName));
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
      served.fail(error, this.#upstream.name);
    }
  }
}
