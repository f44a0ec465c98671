import type { IncomingMessage, ServerResponse } from "node:http";

import { FastCGIError } from "@x/protocol/errors";

import { NodeExchange } from "../node/exchange.ts";
import type { NodeListener } from "../node/index.ts";
import { NodeServer } from "../node/server.ts";
import { serveRoles } from "../serve.ts";
import type { ServeOptions } from "../serve.ts";
import type { ServerOptions } from "../server-options.ts";
import type { ResponderServer } from "../server.ts";
import { startServer } from "../start-server.ts";
import { cannotLoad, pathOf } from "./load-error.ts";

type Exports = Readonly<Record<string, unknown>>;

const WHAT_TO_EXPORT =
  "export default an Express, Koa, Connect or Fastify application, a listener (request, response) => …, or an object with fetch (Hono); or export functions named fetch, handler, authorize, filter.";

/**
 * Serves what a module exports.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a module that cannot be loaded, or has no application
 */
export async function serveModule(url: string, options: ServerOptions): Promise<ResponderServer> {
  const module = (await orCannotLoad(url, import(url))) as Exports;
  const handlers = handlersOf(module) ?? handlersOf(module["default"]);
  if (handlers !== undefined) return serveRoles({ ...options, ...handlers });
  const listener = await orCannotLoad(url, listenerOf(module["default"]));
  if (listener === undefined) {
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `${pathOf(url)} has no application: ${WHAT_TO_EXPORT}`, {
      phase: "configure",
    });
  }
  const server = new NodeServer(options, undefined);
  return startServer(options, (active) => {
    const result = new NodeExchange(active, server).run(listener);
    return result instanceof Promise ? result : undefined;
  });
}

async function orCannotLoad<Result>(url: string, loading: Promise<Result>): Promise<Result> {
  try {
    return await loading;
  } catch (error) {
    throw cannotLoad(url, error);
  }
}

function handlersOf(value: unknown): ServeOptions | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const object = value as Exports;
  const handlers: Record<string, unknown> = {};
  for (const name of ["fetch", "handler", "authorize", "filter"]) {
    const handler = object[name];
    // Hono's fetch is bound; others may need their object.
    if (typeof handler === "function") handlers[name] = (handler as (...args: never[]) => unknown).bind(object);
  }
  return Object.keys(handlers).length === 0 ? undefined : handlers;
}

async function listenerOf(value: unknown): Promise<NodeListener | undefined> {
  if (typeof value === "function") return value as NodeListener;
  if (typeof value !== "object" || value === null) return undefined;
  const object = value as {
    callback?: () => NodeListener;
    ready?: () => Promise<unknown>;
    routing?: (request: IncomingMessage, response: ServerResponse) => void;
  };
  if (typeof object.callback === "function") return object.callback(); // Koa
  if (typeof object.routing !== "function" || typeof object.ready !== "function") return undefined;
  await object.ready(); // Fastify
  return (request, response) => object.routing!(request, response);
}
