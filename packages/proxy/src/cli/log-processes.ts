import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { ProcessEvent } from "../processes/process-events.ts";
import type { UpstreamUnreachable } from "../worker/probe-upstreams.ts";
import type { Log } from "./log.ts";

/** Writes what happens to application processes and upstreams as log lines. @returns ends that */
export function logProcesses(log: Log, verbose: boolean): () => void {
  const onProcess = (event: unknown): void => logProcess(log, event as ProcessEvent, verbose);
  const onUpstream = (event: unknown): void => logUnreachable(log, event as UpstreamUnreachable);
  subscribe("fastcgi:proxy:process", onProcess);
  subscribe("fastcgi:proxy:upstream", onUpstream);
  return () => {
    unsubscribe("fastcgi:proxy:process", onProcess);
    unsubscribe("fastcgi:proxy:upstream", onUpstream);
  };
}

function logProcess(log: Log, event: ProcessEvent, verbose: boolean): void {
  switch (event.type) {
    case "start":
      if (verbose) log.write("info", `${event.name}: started as process ${event.pid}`, event);
      break;
    case "ready":
      if (event.again) log.write("info", `${event.name}: works again, process ${event.pid} on ${event.address}`, event);
      else if (verbose) log.write("info", `${event.name}: process ${event.pid} listens on ${event.address}`, event);
      break;
    case "output":
      if (verbose || !PHP_FPM_NOTICE.test(event.line)) log.write("info", `[${event.name}] ${event.line}`, event);
      break;
    case "exit":
      logExit(log, event, verbose);
      break;
    case "crash-loop":
      log.write(
        "error",
        `${event.name}: ${event.reason}, ${event.failures} times in a row: its lines above may say why; it is tried again in ${seconds(event.delay)} and then each 30 s, and until it works its requests get 502`,
        event,
      );
      break;
    case "kill":
      log.write("warn", `${event.name}: process ${event.pid} did not end in time and is killed`, event);
      break;
    case "leftover":
      log.write("info", `cleared what a run that was killed left in ${event.folder}${stopped(event.stopped)}`, {
        ...event,
        stopped: event.stopped.join(" "),
      });
      break;
  }
}

/** What php-fpm says about itself when all is well. */
const PHP_FPM_NOTICE = /^\[[\w :-]+\] NOTICE: /;

/** The deaths after the one that made a crash loop say nothing new. */
const TOLD = 5;

function logExit(log: Log, event: Extract<ProcessEvent, { type: "exit" }>, verbose: boolean): void {
  if (event.failures > TOLD && !verbose) return;
  const next = event.delay === 0 ? "at once" : `in ${seconds(event.delay)}`;
  log.write("warn", `${event.name}: ${event.reason}; started again ${next}`, event);
}

function logUnreachable(log: Log, event: UpstreamUnreachable): void {
  const { upstream, address, code } = event;
  const why = REASONS[code] ?? code;
  log.write(
    "warn",
    `${upstream}: nobody answers at ${address} (${why}): start the application there; until then its requests get 502`,
    { ...event },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens",
  EACCES: "this user may not connect: see the permissions of the socket and its folder",
  ETIMEDOUT: "no answer",
  ENOTFOUND: "no such host",
};

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

function stopped(pids: readonly number[]): string {
  return pids.length === 0 ? "" : `, and stopped ${pids.length === 1 ? "process" : "processes"} ${pids.join(", ")}`;
}
