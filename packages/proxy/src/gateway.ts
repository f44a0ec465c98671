import { FastCGIError } from "@x/protocol/errors";

import { LoggedResponse } from "./access-log/logged-response.ts";
import { GuardedHandler } from "./access/guarded.ts";
import { AuthorizedHandler } from "./authorize/authorized.ts";
import { CgiPool } from "./cgi/cgi-pool.ts";
import { CgiHandler } from "./cgi/cgi.ts";
import type { ProxyConfig } from "./config/define-config.ts";
import { expandConfig, isResolvedConfig } from "./config/expand.ts";
import type { ResolvedConfig, ResolvedRoute } from "./config/resolved-config.ts";
import { channels } from "./diagnostics.ts";
import { EmbeddedHandler } from "./embedded/embedded.ts";
import type { Explanation } from "./explain/explanation.ts";
import { describeRoute } from "./explain/route-kind.ts";
import { Trace } from "./explain/trace.ts";
import { FilterHandler } from "./filter/filter.ts";
import type { GatewayRequest, GatewayResponse } from "./gateway-request.ts";
import { FastCGIHandler } from "./handlers/fastcgi.ts";
import type { Handler } from "./handlers/handler.ts";
import { ownAnswer } from "./handlers/own-answer.ts";
import { SendOrders } from "./handlers/send-orders.ts";
import { StaticHandler } from "./handlers/static.ts";
import { answerError } from "./http/error-answer.ts";
import { Forwarding } from "./http/forwarding.ts";
import { Refusal } from "./http/refusal.ts";
import { checkHead } from "./http/request-head.ts";
import { parseTarget } from "./http/request-target.ts";
import { type RequestOwner, ServedRequest } from "./http/served-request.ts";
import { RuledResponse } from "./responses/ruled-response.ts";
import { RuledHandler, isEmpty } from "./responses/ruled.ts";
import { DenyList } from "./routing/deny-list.ts";
import { RootFolder } from "./routing/root-folder.ts";
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
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an upstream or an address that there is not, or the last address of an upstream
   */
  drain(upstream: string, address: string): Promise<void>;
  /**
   * Gives requests again to an address that was drained.
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

function tableRoute(route: ResolvedRoute, handler: Handler): TableRoute<Handler> {
  const { match, mount, internal } = route;
  return { match, mount, internal, value: ruled(route, guarded(route, handler)) };
}

/** Outermost: what an answer goes through, whoever gives it. */
function ruled({ responses }: ResolvedRoute, handler: Handler): Handler {
  return isEmpty(responses) ? handler : new RuledHandler(responses, handler);
}

function guarded({ access }: ResolvedRoute, handler: Handler): Handler {
  return access === undefined ? handler : new GuardedHandler(access, handler);
}

class FastCGIGateway implements Gateway, RequestOwner {
  readonly errors: ResolvedConfig["errors"];
  readonly #config: ResolvedConfig;
  readonly #upstreams: Upstreams;
  readonly #routes: RouteTable<Handler>;
  /** What an application may name in X-Accel-Redirect. */
  readonly #internalFiles: RouteTable<Handler>;
  readonly #spool: Spool;
  readonly #forwarding: Forwarding;
  readonly #programs: CgiPool[] = [];
  #active = 0;
  #requests = 0;
  #closed = false;
  #onIdle: (() => void)[] = [];

  constructor(config: ResolvedConfig) {
    this.#config = config;
    this.errors = config.errors;
    this.#forwarding = new Forwarding(config.trustProxy);
    this.#spool = new Spool(config.limits.spool);
    this.#upstreams = new Upstreams(config);
    const folders = new Map<string, RootFolder>();
    const all = (route: ResolvedRoute): TableRoute<Handler> =>
      tableRoute(route, this.#authorized(route, this.#handler(route, folders)));
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
    if (this.#closed) served.fail(new FastCGIError("FCGI_ERR_CLOSED", "The server is going down."));
    else if (served.path === "*") this.#answerOptions(served);
    else this.#route(served);
  }

  redirect(served: ServedRequest, location: string): void {
    const target = parseTarget(Buffer.from(location, "latin1"));
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
    const target = parseTarget(Buffer.from(path, "latin1"));
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
    const target = parseTarget(Buffer.from(location, "latin1"));
    const host = served.host?.name ?? "";
    const handler =
      target instanceof Refusal || target.authority !== undefined
        ? undefined
        : this.#internalFiles.find(served.method, host, target.path, served.scheme, true);
    if (handler === undefined || target instanceof Refusal) {
      served.refuse(
        new Refusal(502, `No internal route with files answers the X-Accel-Redirect ${JSON.stringify(location)}.`),
      );
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
    if (this.#active > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#upstreams.close();
    await Promise.all(this.#programs.map((programs) => programs.destroy()));
    this.#spool.end();
  }

  async destroy(error?: Error): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#upstreams, ...this.#programs].map((it) => it.destroy(error)));
    this.#spool.end();
  }

  stats(): GatewayStats {
    return {
      active: this.#active,
      requests: this.#requests,
      upstreams: this.#upstreams.stats,
      spool: this.#spool.stats,
    };
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

  #handler(route: ResolvedRoute, folders: Map<string, RootFolder>): Handler {
    const answer = ownAnswer(route);
    if (answer !== undefined) return answer;
    const folderOf = (root: string): RootFolder => {
      const key = [root, ...route.links].join("\0");
      const folder = folders.get(key) ?? new RootFolder(root, route.links);
      folders.set(key, folder);
      return folder;
    };
    const { fastcgi } = route;
    const denied = route.deny.length === 0 ? undefined : new DenyList(route.deny, route.mount);
    const files = route.static && new StaticHandler(route.static, folderOf(route.static.root), denied, route.mount);
    const { limits, timeouts } = this.#config;
    const context = { limits, timeouts, spool: this.#spool, mount: route.mount };
    if (route.filter !== undefined) {
      const { upstream, root } = route.filter;
      return new FilterHandler(route.filter, this.#upstreams.get(upstream), context, folderOf(root), denied);
    }
    if (route.cgi !== undefined) {
      const { root, concurrency } = route.cgi;
      const pool = new CgiPool(concurrency, timeouts.queue);
      this.#programs.push(pool);
      return new CgiHandler(route.cgi, pool, context, root === undefined ? undefined : folderOf(root), denied);
    }
    if (route.handler !== undefined) return new EmbeddedHandler(route.handler, context, denied);
    if (fastcgi === undefined) return files as StaticHandler;
    const upstream = this.#upstreams.get(fastcgi.upstream);
    const folder = fastcgi.checkFiles && fastcgi.root !== undefined ? folderOf(fastcgi.root) : undefined;
    const { neverServe, accel } = fastcgi.sendfile;
    const roots = fastcgi.sendfile.roots.map((root) => {
      const own = { root, index: [], maxAge: undefined, immutable: false, neverServe };
      const sent = folderOf(root);
      return { root: sent.bytes, files: new StaticHandler(own, sent, denied, "") };
    });
    const orders = new SendOrders(roots, accel);
    return new FastCGIHandler(fastcgi, upstream, { ...context, orders }, folder, files, denied);
  }

  /** Puts the authorizers of a route in front of what answers it, the first outermost. */
  #authorized(route: ResolvedRoute, handler: Handler): Handler {
    const { limits } = this.#config;
    return route.authorize.reduceRight<Handler>((next, it) => {
      const rules = { upstream: this.#upstreams.get(it.upstream), limits, spool: this.#spool, store: true };
      return new AuthorizedHandler(it, rules, next);
    }, handler);
  }
}
