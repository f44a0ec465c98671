import type { Endpoint } from "../gateway-request.ts";

/**
 * Answers requests in the server's own process, in the shape that Hono, h3, srvx, Bun and Deno share. What it throws is answered with 500; it
 * shares memory and event loop with the server, so that what blocks it blocks everybody.
 */
export type FetchHandler = (request: Request, context: HandlerContext) => Response | Promise<Response>;

/** What a request says beside what a `Request` can. Hono shows it as `c.env`. */
export interface HandlerContext {
  /** The client's end of the connection, as far as proxies in between are believed (`trustProxy`). */
  readonly remote: Endpoint;
  /** Our end of the connection. */
  readonly local: Endpoint;
  /** Path and query as they came, latin-1; the `Request` has the decoded and cleaned path, encoded again. */
  readonly requestUri: string;
  /** What authorizers of the route said (see `authorize`). */
  readonly variables: Readonly<Record<string, string>>;
}

/** A handler as a configuration names it: a module whose default export is one of the other two, a function, or an object with it. */
export type HandlerInput =
  | string
  | FetchHandler
  | {
      /** Answers. */
      readonly fetch: FetchHandler;
    };
