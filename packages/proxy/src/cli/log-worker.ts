import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { ProxyServer } from "../server.ts";
import type { WorkerEvent } from "../supervisor/worker-events.ts";
import type { Log } from "./log.ts";

/** Writes what happens to a worker that has a process of its own. @returns ends that */
export function logWorker(log: Log): () => void {
  const listener = (message: unknown): void => {
    const event = message as WorkerEvent;
    if (event.type === "back") {
      log.write("info", `worker: serves again as process ${event.pid}`, { event: "worker-back", pid: event.pid });
      return;
    }
    const { reason, delay, failures } = event;
    const next = delay === 0 ? "at once" : `in ${Math.round(delay / 100) / 10} s, and until then clients wait`;
    log.write("error", `worker: ${reason}; started again ${next}`, { event: "worker-exit", reason, delay, failures });
  };
  subscribe("fastcgi:proxy:worker", listener);
  return () => unsubscribe("fastcgi:proxy:worker", listener);
}

/** Passes SIGUSR1 on to the worker, which writes the access log. @returns ends that */
export function passReopen(server: ProxyServer, log: Log): () => void {
  if (server.config.log.access?.file === undefined) return () => undefined;
  const reopen = (): void => {
    try {
      server.reopenLog();
    } catch (error) {
      log.write("warn", error instanceof Error ? error.message : String(error), { event: "access-log" });
    }
  };
  // A handler also keeps this signal from opening node's debugger.
  process.on("SIGUSR1", reopen);
  return () => process.off("SIGUSR1", reopen);
}
