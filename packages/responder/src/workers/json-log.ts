import { subscribe } from "node:diagnostics_channel";

import type { ErrorMessage, RequestMessage } from "../diagnostics.ts";
import type { FastCGIRequest } from "../incoming.ts";

const STARTED = Symbol("started");

type Timed = FastCGIRequest & { [STARTED]?: number };

/** Writes a line of JSON to stdout for each request that has ended, and for each error. */
export function logJson(): void {
  subscribe("fastcgi:responder:request:start", (message) => {
    ((message as RequestMessage).request as Timed)[STARTED] = performance.now();
  });
  subscribe("fastcgi:responder:request:end", (message) => {
    const { request, response } = message as RequestMessage;
    const started = (request as Timed)[STARTED] ?? performance.now();
    logLine("info", "request", {
      ...about(request),
      status: response.statusCode,
      appStatus: response.appStatus,
      aborted: response.destroyed,
      ms: Math.round((performance.now() - started) * 1_000) / 1_000,
    });
  });
  subscribe("fastcgi:responder:error", (message) => {
    const { error, peer, request, aborted } = message as ErrorMessage;
    const { code, stack } = error as { code?: unknown; stack?: unknown };
    logLine(aborted === true ? "info" : "error", error instanceof Error ? error.message : String(error), {
      ...(request === undefined ? {} : about(request)),
      peer,
      code,
      stack,
    });
  });
}

/** One line; fields that are undefined are left out. */
export function logLine(level: "info" | "error", message: string, fields: Readonly<Record<string, unknown>>): void {
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ time, level, pid: process.pid, message, ...fields })}\n`);
}

function about(request: FastCGIRequest): Record<string, unknown> {
  const { method, url, host, remoteAddress } = request;
  return { method, url, host, remoteAddress };
}
