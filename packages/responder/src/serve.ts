import { Role } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

import { asksForDecision, authorizeRunner } from "./authorize.ts";
import type { AuthorizeHandler } from "./authorize.ts";
import { fetchRunner } from "./fetch.ts";
import type { FetchHandler } from "./fetch.ts";
import { filterRunner } from "./filter.ts";
import type { FilterHandler } from "./filter.ts";
import type { FastCGIRequest } from "./incoming.ts";
import { replaceGlobals } from "./lean/globals.ts";
import type { FastCGIResponse } from "./outgoing.ts";
import type { ServerOptions } from "./server-options.ts";
import type { FastCGIServer, RequestRunner, ResponderServer } from "./server.ts";
import { startServer } from "./start-server.ts";

/** Answers one request, now or later, by `response`. A throw or a rejection becomes a 500, or a cut response. */
export type RequestHandler = (request: FastCGIRequest, response: FastCGIResponse) => void | Promise<void>;

/** {@link ServerOptions} with handlers: `fetch` or `handler`, `authorize`, `filter`, or several, each for its role. */
export interface ServeOptions extends ServerOptions {
  /** Answers, in the web's shape: a `Request` comes, a `Response` goes. */
  fetch?: FetchHandler;
  /**
   * Requests of a class that costs a fraction of `Request`, which is made when more is asked than method, URL, headers and signal;
   * and the global `Request` and `Response` are replaced, by one that takes such a request and by `FastResponse`. What differs:
   * `fetch(request)` needs `fetch(new Request(request))`.
   *
   * @default false
   */
  lean?: boolean;
  /** Answers, in a lean shape that is close to the protocol. Not beside `fetch`. */
  handler?: RequestHandler;
  /** Decides about access, for web servers that ask an Authorizer (FastCGI 1.0 §6.3). */
  authorize?: AuthorizeHandler;
  /** Answers out of a file that the web server hands over (FastCGI 1.0 §6.4). */
  filter?: FilterHandler;
}

/**
 * Runs a FastCGI application.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_LISTEN`, `FCGI_ERR_INVALID_ARGUMENT` for
 * options that cannot work; what only the system knows, such as a port that is taken, rejects `ready`
 * @example
 * const server = serve({ fetch: () => new Response("Hello\n"), listen: "unix:/run/app.sock" });
 * console.log("listening on", await server.ready);
 */
export function serve(options: ServeOptions): FastCGIServer {
  return serveRoles(options);
}

/** {@link serve}, for who runs the server. */
export function serveRoles(options: ServeOptions): ResponderServer {
  const responder = responderRunner(options);
  const authorizer =
    options.authorize === undefined ? undefined : authorizeRunner(checked("authorize", options.authorize));
  const filter = options.filter === undefined ? undefined : filterRunner(checked("filter", options.filter));
  const roles = [
    ...(responder === undefined && authorizer === undefined ? [] : [Role.Responder]),
    ...(authorizer === undefined ? [] : [Role.Authorizer]),
    ...(filter === undefined ? [] : [Role.Filter]),
  ];
  if (roles.length === 0) throw invalid("serve() needs one of the functions fetch, handler, authorize and filter.");
  if (authorizer === undefined && filter === undefined) return startServer(options, responder!, roles);
  const run: RequestRunner = (active) => {
    if (active.exchange.role === Role.Filter) return filter!(active);
    if (authorizer === undefined) return responder!(active);
    const decides = active.exchange.role === Role.Authorizer || responder === undefined || asksForDecision(active);
    return decides ? authorizer(active) : responder(active);
  };
  return startServer(options, run, roles);
}

function responderRunner({ fetch, handler, lean = false }: ServeOptions): RequestRunner | undefined {
  if (fetch !== undefined && handler !== undefined) throw invalid("serve() takes fetch or handler, not both.");
  if (fetch !== undefined) {
    if (lean) replaceGlobals();
    return fetchRunner(checked("fetch", fetch), lean);
  }
  if (handler === undefined) return undefined;
  checked("handler", handler);
  return (active) => handler(active.request, active.response);
}

function checked<Handler>(name: string, handler: Handler): Handler {
  if (typeof handler !== "function") throw invalid(`${name} is a function, not ${String(handler)}.`);
  return handler;
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "configure" });
}
