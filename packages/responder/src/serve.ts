import { FastCGIError } from "@x/protocol/errors";

import { fetchRunner } from "./fetch.ts";
import type { FetchHandler } from "./fetch.ts";
import type { FastCGIRequest } from "./incoming.ts";
import type { FastCGIResponse } from "./outgoing.ts";
import { startServer } from "./server-options.ts";
import type { ServerOptions } from "./server-options.ts";
import type { FastCGIServer, RequestRunner } from "./server.ts";

/** Answers one request, now or later, by `response`. A throw or a rejection becomes a 500, or a cut response. */
export type RequestHandler = (request: FastCGIRequest, response: FastCGIResponse) => void | Promise<void>;

/** {@link ServerOptions} with the handler, in one of two shapes. */
export type ServeOptions = ServerOptions &
  (
    | {
        /** The web's shape: a `Request` comes, a `Response` goes. */
        fetch: FetchHandler;
        /** Not beside `fetch`. */
        handler?: never;
      }
    | {
        /** The lean shape, close to the protocol. */
        handler: RequestHandler;
        /** Not beside `handler`. */
        fetch?: never;
      }
  );

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
  return startServer(options, makeRunner(options));
}

function makeRunner(options: ServeOptions): RequestRunner {
  const { fetch, handler } = options;
  if (typeof fetch === "function" && handler === undefined) return fetchRunner(fetch);
  if (typeof handler === "function" && fetch === undefined) {
    return (active) => handler(active.request, active.response);
  }
  throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "serve() needs one of the functions fetch and handler.", {
    phase: "configure",
  });
}
