import { setTimeout as pause } from "node:timers/promises";

import type { FastCGIError } from "@x/protocol/errors";

import type { Dispatcher, DispatchOptions } from "../dispatcher.ts";
import { responseHandler } from "../response-handler.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

/** A request that can be sent again and again. */
type LoadRequest = DispatchOptions & { readonly method?: string | undefined };

/** What is to be sent, and how fast. */
export interface LoadPlan {
  request: LoadRequest;
  /** Requests at once. */
  concurrency: number;
  /** Ends after so many requests, or ms, whatever comes first. */
  requests: number;
  duration: number;
  /** Requests a second that are sent whether answers come or not; undefined: as fast as answers come. */
  rate: number | undefined;
}

/** What came of it. */
export class LoadResult {
  readonly latencies: LatencyHistogram = new LatencyHistogram();
  /** Responses by status. */
  readonly statuses: Map<number, number> = new Map();
  /** Failures by code. */
  readonly failures: Map<string, number> = new Map();
  /** Bytes of bodies. */
  bytes = 0;
  /** Requests that were begun, and those that ended. */
  begun = 0;
  ended = 0;
  /** ms */
  elapsed = 0;
  /** One failure, to be told in full. */
  error: FastCGIError | undefined;

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** Sends requests until the plan is done, and waits for the answers to the last ones. */
export async function runLoad(
  dispatcher: Dispatcher,
  plan: LoadPlan,
  result: LoadResult,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const over = (): boolean =>
    signal.aborted || performance.now() - began >= plan.duration || result.begun >= plan.requests;
  const client = async (): Promise<void> => {
    while (!over()) {
      const due = plan.rate === undefined ? undefined : began + (result.begun * 1_000) / plan.rate;
      result.begun++;
      if (due !== undefined && due > performance.now()) {
        await pause(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {});
        if (signal.aborted) result.begun--;
        if (signal.aborted) return;
      }
      await send(dispatcher, plan.request, result, due);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, client));
  result.elapsed = performance.now() - began;
}

/** @param due when it should have been sent: a request that had to wait for another counts from there */
function send(
  dispatcher: Dispatcher,
  request: LoadRequest,
  result: LoadResult,
  due: number | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const began = due ?? performance.now();
    let status = 0;
    const handler = responseHandler(
      {
        onResponseStart: (_, statusCode) => (status = statusCode),
        onResponseData: (_, chunk) => (result.bytes += chunk.length),
        onResponseEnd: () => {
          result.latencies.record((performance.now() - began) * 1_000);
          result.statuses.set(status, (result.statuses.get(status) ?? 0) + 1);
          result.ended++;
          resolve();
        },
        onResponseError: (_, error) => {
          result.failures.set(error.code, (result.failures.get(error.code) ?? 0) + 1);
          result.error ??= error;
          result.ended++;
          resolve();
        },
      },
      { method: request.method },
    );
    dispatcher.dispatch(request, handler);
  });
}
