import type { SendHandle } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";

import { FastCGIError, isFastCGIError } from "@x/protocol/errors";

import type { ResponderServer } from "../server.ts";
import type { SocketHandle } from "../socket-handle.ts";
import { logJson } from "./json-log.ts";
import { serveModule } from "./load-module.ts";
import { WORKER_VARIABLE } from "./messages.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./messages.ts";
import { outliveReaders } from "./outputs.ts";

// A worker process: serves on a socket of the supervisor's until the supervisor, or a signal, has it go.

/** How often it looks at itself. */
const LOOK = 100;
const LAG_WINDOW = 1_000;
const LATE_WINDOWS = 3;

const task = JSON.parse(process.env[WORKER_VARIABLE] ?? "null") as WorkerTask;
delete process.env[WORKER_VARIABLE]; // it is nobody's business below

outliveReaders();
if (task.log === "json") logJson();

try {
  const server = await serveModule(task.module, {
    listen: task.listen,
    grace: task.grace,
    mount: task.mount,
    signals: false,
  });
  await server.ready;
  watchOver(server);
  tell({ type: "ready" });
} catch (error) {
  const message = error instanceof FastCGIError ? error.message : describe(error);
  const mistake = isFastCGIError(error, "FCGI_ERR_INVALID_ARGUMENT");
  const { stack } = (error as { cause?: { stack?: string } }).cause ?? {};
  const more = stack === undefined ? {} : { stack };
  process.send?.({ type: "refused", message, mistake, ...more } satisfies FromWorker, () => process.exit(2));
}

function watchOver(server: ResponderServer): void {
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    if (task.grace > 0) {
      // A web server that is never done with its connections is refused first.
      setTimeout(() => void server.close(), task.grace / 2).unref();
      setTimeout(() => void server.destroy(), task.grace).unref();
    }
    void server.retire().then(() => process.exit(0));
  };
  process.on("message", (message: ToWorker, handle: unknown) => {
    if (message.type === "connection") {
      server.adopt(handle as SocketHandle);
      return;
    }
    if (message.successors) server.handOver(giveAway);
    leave();
  });
  process.on("disconnect", leave); // without a supervisor nobody would ever stop it
  process.on("SIGTERM", leave);
  // Of a terminal's signals the supervisor makes one decision for all.
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  tellWhenWorn(server);
}

function tellWhenWorn(server: ResponderServer): void {
  const lag = task.maxLag > 0 ? monitorEventLoopDelay({ resolution: 10 }) : undefined;
  lag?.enable();
  let late = 0;
  let window = 0;
  const timer = setInterval(() => {
    const reason = reasonToGo();
    if (reason === undefined) return;
    clearInterval(timer);
    lag?.disable();
    tell({ type: "worn", reason });
  }, LOOK).unref();

  function reasonToGo(): string | undefined {
    const { totalRequests } = server.stats;
    if (task.maxRequests > 0 && totalRequests >= task.maxRequests) return `${totalRequests} requests`;
    const memory = task.maxMemory > 0 ? process.memoryUsage.rss() : 0;
    if (memory > task.maxMemory && memory > 0) return `${Math.round(memory / 1_048_576)} MiB of memory`;
    if (lag === undefined || ++window < LAG_WINDOW / LOOK) return undefined;
    window = 0;
    const mean = lag.mean / 1e6 - 10; // it counts its own resolution
    lag.reset();
    late = mean > task.maxLag ? late + 1 : 0;
    return late < LATE_WINDOWS ? undefined : `an event loop that is ${Math.round(mean)} ms late`;
  }
}

/** By way of the supervisor, which knows the others. */
function giveAway(handle: SocketHandle, sent: () => void): void {
  if (process.send === undefined) sent();
  else
    process.send({ type: "connection" } satisfies FromWorker, handle as unknown as SendHandle, undefined, () => sent());
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
