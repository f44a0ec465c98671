import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { FastCGIError } from "@x/protocol/errors";

import { describeModuleError } from "../config/load-module.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { FetchHandler, HandlerInput } from "./fetch-handler.ts";

/**
 * The function behind a configured handler. A module is imported once a process, and stays as it is until that ends.
 *
 * @param place where a person finds its path, for messages
 * @throws FastCGIError `FCGI_ERR_CONFIG` when there is no such module, it cannot be run, or gives no handler
 */
export async function loadHandler(input: HandlerInput, place?: string): Promise<FetchHandler> {
  if (typeof input !== "string") return handlerOf(input) as FetchHandler;
  const problem = (message: string, cause?: unknown): FastCGIError =>
    new FastCGIError("FCGI_ERR_CONFIG", place === undefined ? message : `${place}: ${message}`, {
      phase: "configure",
      cause,
    });
  if (!existsSync(input)) throw problem(`the handler ${input} does not exist: correct the path.`);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(input).href)) as { default?: unknown };
  } catch (error) {
    throw problem(`the handler ${await describeModuleError(error, input)}`, error);
  }
  const found = handlerOf(module.default);
  if (found !== undefined) return found;
  throw problem(
    `the handler ${input} has no default export that answers requests: export a function (request) => Response, or an object with fetch.`,
  );
}

/** Loads the handlers of all routes, so that a mistake in one shows when the server starts. @throws as {@link loadHandler} */
export async function loadHandlers({ routes, places }: Pick<ResolvedConfig, "routes" | "places">): Promise<void> {
  for (const { handler } of routes) {
    if (handler === undefined) continue;
    await loadHandler(handler, typeof handler === "string" ? places.get(handler) : undefined);
  }
}

/** The function in what a module or a configuration gives; undefined when there is none. */
export function handlerOf(value: unknown): FetchHandler | undefined {
  if (typeof value === "function") return value as FetchHandler;
  if (typeof value !== "object" || value === null) return undefined;
  const { fetch } = value as { fetch?: unknown };
  // A method may look at its object.
  return typeof fetch === "function"
    ? (request, context) => (fetch as FetchHandler).call(value, request, context)
    : undefined;
}
