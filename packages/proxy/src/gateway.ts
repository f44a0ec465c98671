import { FastCGIError } from "@x/protocol/errors";

import { LoggedResponse } from "./access-log/logged-response.ts";
import type { UpstreamStatus } from "./admin/status.ts";
import type { ProxyConfig } from "./config/define-config.ts";
import { expandConfig, isResolvedConfig } from "./config/expand.ts";
import type { ResolvedConfig, ResolvedRoute } from "./config/resolved-config.ts";
import { channels } from "./diagnostics.ts";
import type { Explanation } from "./explain/explanation.ts";
import { describeRoute } from "./explain/route-kind.ts";
import { Trace } from "./explain/trace.ts";
import type { GatewayRequest, GatewayResponse } from "./gateway-request.ts";
import type { FileCacheStats } from "./handlers/file-cache.ts";
import type { Handler } from "./handlers/handler.ts";
import { RouteHandlers } from "./handlers/route-handlers.ts";
import { answerError } from "./http/error-answer.ts";
import { Forwarding } from "./http/forwarding.ts";
import { Refusal } from "./http/refusal.ts";
import { checkHead } from "./http/request-head.ts";
import { parseTarget } from "./http/request-target.ts";
import { type RequestOwner, ServedRequest } from "./http/served-request.ts";
import { Strain } from "./http/strain.ts";
import { RuledResponse } from "./responses/ruled-response.ts";
import { isEmpty } from "./responses/ruled.ts";
import { RouteTable, type TableRoute } from "./routing/route-table.ts";
import { Spool, type SpoolStats } from "./spool/spool.ts";
import type { UpstreamStats } from "./upstreams/upstream.ts";
import { Upstreams } from "./upstreams/upstreams.ts";

/** Translates HTTP requests into FastCGI ones, and answers what needs no application itself. It opens no listening socket. */
export interface Gateway {
  /** Answers a request; whatever goes wrong becomes an answer, or a visible abort. Never throws. */
  dispatch(request: GatewayRequest, response: GatewayResponse): void;
  /**
   * Says how a request would be answered, and why: the routes that were looked at, the files, and each param with its origin. No
   * application is asked, and the body is left alone.
   */
  explain(request: GatewayRequest): Promise<Explanation>;
  /**
   * Gives an address of an upstream no more requests, and resolves when those that it has have ended.
   *
   * @param upstream name in the configuration
   * @param address address text, in the canonical form of the configuration's long form
   * One that is drained already stays so.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an upstream or an address that there is not, or the last address of an upstream
   */
  drain(upstream: string, address: string): Promise<void>;
  /**
   * Gives requests again to an address that was drained: slowly, with a share that grows for the time of `health.slowStart`.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an upstream or an address that there is not, or is not drained
   */
  restore(upstream: string, address: string): void;
  /** Answers new requests with 503, lets those that run finish, then closes the connections to the applications. */
  close(): Promise<void>;
  /** Ends all requests and connections now. */
  destroy(error?: Error): Promise<void>;
  /** What it is doing now: a snapshot, made anew at each call. */
  stats(): GatewayStats;
  /** Each upstream with all of its addresses, for people: what `x-proxy status` shows. */
  upstreams(): readonly UpstreamStatus[];
  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a gateway is doing. */
export interface GatewayStats {
  /** Requests that are not answered yet. */
  readonly active: number;
  /** Requests ever taken. */
  readonly requests: number;
  /** By the name of the upstream. */
  readonly upstreams: ReadonlyMap<string, UpstreamStats>;
  /** Bodies that wait in files. */
  readonly spool: SpoolStats;
  /** Files that are held in memory. */
  readonly fileCache: FileCacheStats;
}

/**
 * Makes a gateway. Its connections are opened when requests need them: an application that is not there yet is no error.
 *
 * @throws FastCGIError `FCGI_ERR_CONFIG` when something is wrong in the configuration
 * @example
 * const gateway = createGateway({
 *   root: "./public",
 *   upstreams: { php: { addresses: ["unix:/run/php/php-fpm.sock"], capacity: 5 } },
 *   routes: [{ php: "php" }],
 * });
 * http.createServer(nodeServerOptions(), toNodeListener(gateway)).listen(8080);
 */
export function createGateway(config: ProxyConfig | ResolvedConfig): Gateway {
  return new FastCGIGateway(isResolvedConfig(config) ? config : expandConfig(config));
}

/** Times that a request may be sent elsewhere: local redirects (RFC 3875 §6.2.2), rewrites, error pages (nginx: 10, too). */
const MAX_REDIRECTS = 10;

const NO_ROUTE = new Refusal(404, "No route of the configuration matches the request.");

function noRoute(methods: readonly string[]): Refusal {
  if (methods.length === 0) return NO_ROUTE;
  return new Refusal(405, "No route of the configuration matches the method of the request.", [
    "Allow",
    methods.join(", "),
  ]);
}

const OPTIONS = ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"];

class FastCGIGateway implements Gateway, RequestOwner {
  readonly errors: ResolvedConfig["errors"];
  readonly #config: ResolvedConfig;
  readonly #upstreams: Upstreams;
  readonly #routes: RouteTable<Handler>;
  /** What an application may name in X-Accel-Redirect. */
  readonly #internalFiles: RouteTable<Handler>;
  readonly #spool: Spool;
  readonly #forwarding: Forwarding;
  readonly #handlers: RouteHandlers;
  readonly #strain: Strain;
  #active = 0;
  #requests = 0;
  #closed = false;
  #onIdle: (() => void)[] = [];

  constructor(config: ResolvedConfig) {
    this.#config = config;
    this.errors = config.errors;
    this.#forwarding = new Forwarding(config.trustProxy);
    this.#spool = new Spool(config.limits.spool);
    this.#strain = new Strain(config.limits.lag);
    this.#upstreams = new Upstreams(config);
    this.#handlers = new RouteHandlers(config, this.#upstreams, this.#spool);
    const all = (route: ResolvedRoute): TableRoute<Handler> => this.#handlers.tableRoute(route);
    this.#routes = new RouteTable(config.routes.map(all));
    this.#internalFiles = new RouteTable(
      config.routes
        .filter((route) => route.internal && route.static !== undefined && route.fastcgi === undefined)
        .map(all),
    );
    // Last, so that a mistake elsewhere leaves no folder behind.
    this.#spool.prepare();
  }

  dispatch(request: GatewayRequest, response: GatewayResponse): void {
    this.#requests++;
    response.stallTimeout = this.#config.timeouts.response;
    if (!channels.access.hasSubscribers) this.#take(request, response, undefined, undefined);
    else {
      const log = new LoggedResponse(request, response);
      this.#take(request, log, undefined, log);
    }
  }

  explain(request: GatewayRequest): Promise<Explanation> {
    return new Promise((resolve) => {
      const trace = new Trace(resolve);
      this.#take(request, trace.response, trace, undefined);
    });
  }

  #take(
    request: GatewayRequest,
    response: GatewayResponse,
    trace: Trace | undefined,
    log: LoggedResponse | undefined,
  ): void {
    const head = checkHead(request, this.#config.limits);
    if (head instanceof Refusal) {
      trace?.unreadable(request, head.reason);
      answerError({ request, response, errors: this.errors, host: undefined }, { cause: head });
      return;
    }
    const forwarded = head.forwarded ? this.#forwarding.read(request, head.host) : undefined;
    const served = new ServedRequest(this, request, response, head, forwarded, trace);
    if (log !== undefined) {
      log.served = served;
      served.log = log;
    }
    trace?.begin(served);
    this.#active++;
    const strained = trace === undefined ? this.#strain.reason : undefined;
    if (this.#closed) served.fail(new FastCGIError("FCGI_ERR_CLOSED", "The server is going down."));
    else if (strained !== undefined) served.refuse(new Refusal(503, strained, ["Retry-After", "1"]));
    else if (served.path === "*") this.#answerOptions(served);
    else this.#route(served);
  }

  redirect(served: ServedRequest, location: string): void {
    const target = parseTarget(location);
    if (target instanceof Refusal) {
      served.refuse(new Refusal(502, `The application redirected to ${JSON.stringify(location)}: ${target.reason}`));
      return;
    }
    if (this.#isLoop(served, location)) return;
    if (served.method !== "HEAD") served.method = "GET";
    served.requestUri = target.raw;
    served.path = target.path;
    served.query = target.query;
    served.contentLength = 0;
    // Another route may ask for another password.
    served.remoteUser = undefined;
    this.#route(served);
  }

  rewrite(served: ServedRequest, path: string, query: string): void {
    served.trace?.rewrite(path, query);
    const target = parseTarget(path);
    if (target instanceof Refusal) {
      served.refuse(new Refusal(400, `The path was rewritten to ${JSON.stringify(path)}: ${target.reason}`));
      return;
    }
    if (this.#isLoop(served, path)) return;
    served.path = target.path;
    served.query = query;
    served.remoteUser = undefined;
    this.#route(served);
  }

  sendInternal(served: ServedRequest, location: string): void {
    const target = parseTarget(location);
    const host = served.host?.name ?? "";
    const handler =
      target instanceof Refusal || target.authority !== undefined
        ? undefined
        : this.#internalFiles.find(served.method, host, target.path, served.scheme, true);
    if (handler === undefined || target instanceof Refusal) {
      served.refuse(new Refusal(502, "No internal route with files answers the path."));
      return;
    }
    if (this.#isLoop(served, location)) return;
    served.path = target.path;
    served.query = target.query;
    served.response = served.front;
    handler.handle(served);
  }

  #isLoop(served: ServedRequest, target: string): boolean {
    if (++served.redirects <= MAX_REDIRECTS) return false;
    const last = `at last to ${JSON.stringify(target)}`;
    served.refuse(new Refusal(500, `The request was sent elsewhere more than ${MAX_REDIRECTS} times, ${last}.`));
    return true;
  }

  settled(): void {
    if (--this.#active === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async drain(upstream: string, address: string): Promise<void> {
    await this.#upstreams.get(upstream).drain(address);
  }

  restore(upstream: string, address: string): void {
    this.#upstreams.get(upstream).restore(address);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#strain.close();
    if (this.#active > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#upstreams.close();
    await this.#handlers.destroy();
    this.#spool.end();
  }

  async destroy(error?: Error): Promise<void> {
    this.#closed = true;
    this.#strain.close();
    await Promise.all([this.#upstreams, this.#handlers].map((it) => it.destroy(error)));
    this.#spool.end();
  }

  stats(): GatewayStats {
    return {
      active: this.#active,
      requests: this.#requests,
      upstreams: this.#upstreams.stats,
      spool: this.#spool.stats,
      fileCache: this.#handlers.files.stats,
    };
  }

  upstreams(): readonly UpstreamStatus[] {
    return this.#upstreams.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #route(served: ServedRequest): void {
    // A redirect or rewrite may lead to another route, whose authorizers speak for themselves.
    served.variables = undefined;
    const { method, path, scheme } = served;
    const host = served.host?.name ?? "";
    const internal = served.redirects > 0;
    const handler = this.#routes.find(method, host, path, scheme, internal);
    if (served.trace !== undefined) {
      const { routes } = this.#config;
      const verdicts = this.#routes.explain({ method, host, path, scheme, internal });
      served.trace.routes(verdicts, (index) => describeRoute(routes[index] as ResolvedRoute));
      if (handler !== undefined && handler.traces === undefined) {
        served.trace.end();
        served.settle();
        return;
      }
    }
    served.response = served.front;
    if (handler === undefined) {
      const { responses } = this.#config;
      served.errorPages = responses.errorPages;
      if (!isEmpty(this.#config.responses))
        served.response = new RuledResponse(served.front, this.#config.responses, served);
      served.refuse(noRoute(this.#routes.methods(host, path, scheme, internal)));
      return;
    }
    try {
      handler.handle(served);
    } catch (error) {
      served.fail(error);
    }
  }

  #answerOptions(served: ServedRequest): void {
    served.response.start(204, [...OPTIONS]);
    served.response.end();
    served.settle();
  }
}
