import { tracingChannel } from "node:diagnostics_channel";
import type { TracingChannel } from "node:diagnostics_channel";

import type { Dispatcher } from "./dispatcher.ts";
import type { RequestOptions, ResponseData } from "./request.ts";

/**
 * What the tracing channel `fastcgi:client:request` tells of one `request()` or `fetch()`: `start` and `end` around the call, so
 * that a tracer can make its span the current one; `asyncStart` and `asyncEnd` when the head is there, or `error`. All
 * messages about one request are the same object.
 */
export interface RequestTrace {
  /** Whose method was called. */
  dispatcher: Dispatcher;
  /** What it was called with. */
  options: RequestOptions;
  /** The response, from `asyncStart` on. */
  result?: ResponseData;
  /** Why there is none, in `error` and after it. */
  error?: unknown;
}

const requests = tracingChannel("fastcgi:client:request") as unknown as TracingChannel<RequestTrace>;

/** Runs `send`; nothing is built when nobody traces. */
export function traceRequest(
  dispatcher: Dispatcher,
  options: RequestOptions,
  send: () => Promise<ResponseData>,
): Promise<ResponseData> {
  if (!requests.hasSubscribers) return send();
  return requests.tracePromise<undefined, [], ResponseData>(send, { dispatcher, options });
}
