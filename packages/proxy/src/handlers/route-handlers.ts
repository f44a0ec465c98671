import { GuardedHandler } from "../access/guarded.ts";
import { LimitedHandler } from "../access/limited.ts";
import { AuthorizedHandler } from "../authorize/authorized.ts";
import { CgiPool } from "../cgi/cgi-pool.ts";
import { CgiHandler } from "../cgi/cgi.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved-config.ts";
import { EmbeddedHandler } from "../embedded/embedded.ts";
import { FilterHandler } from "../filter/filter.ts";
import { RuledHandler, isEmpty } from "../responses/ruled.ts";
import { DenyList } from "../routing/deny-list.ts";
import { RootFolder } from "../routing/root-folder.ts";
import type { TableRoute } from "../routing/route-table.ts";
import type { Spool } from "../spool/spool.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { FastCGIHandler } from "./fastcgi.ts";
import { FileCache } from "./file-cache.ts";
import type { Handler } from "./handler.ts";
import { ownAnswer } from "./own-answer.ts";
import { SendOrders } from "./send-orders.ts";
import { StaticHandler } from "./static.ts";

/** Makes what answers the routes of a configuration: rules of the response outermost, then how much and who may ask, then authorizers, then the handler. */
export class RouteHandlers {
  readonly #config: ResolvedConfig;
  readonly #upstreams: Upstreams;
  readonly #spool: Spool;
  /** By root and links: routes share what is known of files. */
  readonly #folders = new Map<string, RootFolder>();
  /** Of all routes. */
  readonly files: FileCache;
  readonly #programs: CgiPool[] = [];

  constructor(config: ResolvedConfig, upstreams: Upstreams, spool: Spool) {
    this.#config = config;
    this.#upstreams = upstreams;
    this.#spool = spool;
    this.files = new FileCache(config.limits.fileCache);
  }

  tableRoute(route: ResolvedRoute): TableRoute<Handler> {
    const { match, mount, internal, access, limitClient, responses } = route;
    const { addresses } = this.#config.trustProxy;
    const authorized = this.#authorized(route, this.#handler(route));
    const guarded = access === undefined ? authorized : new GuardedHandler(access, authorized);
    // Before a password is looked at, which costs more.
    const limited = limitClient === undefined ? guarded : new LimitedHandler(limitClient, addresses, guarded);
    const value = isEmpty(responses) ? limited : new RuledHandler(responses, limited);
    return { match, mount, internal, value };
  }

  /** Ends the programs that run. */
  async destroy(error?: Error): Promise<void> {
    await Promise.all(this.#programs.map((programs) => programs.destroy(error)));
  }

  #handler(route: ResolvedRoute): Handler {
    const answer = ownAnswer(route);
    if (answer !== undefined) return answer;
    const folderOf = (root: string): RootFolder => this.#folder(root, route.links);
    const { fastcgi } = route;
    const denied = route.deny.length === 0 ? undefined : new DenyList(route.deny, route.mount);
    const files =
      route.static && new StaticHandler(route.static, folderOf(route.static.root), this.files, denied, route.mount);
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
      return { root: sent.bytes, files: new StaticHandler(own, sent, this.files, denied, "") };
    });
    const orders = new SendOrders(roots, accel);
    return new FastCGIHandler(fastcgi, upstream, { ...context, orders }, folder, files, denied);
  }

  #folder(root: string, links: readonly string[]): RootFolder {
    const key = [root, ...links].join("\0");
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const folder = new RootFolder(root, links);
    this.#folders.set(key, folder);
    return folder;
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
