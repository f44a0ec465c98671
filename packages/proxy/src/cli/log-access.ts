import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { formatAccess } from "../access-log/format.ts";
import { LogFile } from "../access-log/log-file.ts";
import type { AccessRecord } from "../access-log/logged-response.ts";
import type { ResolvedAccessLog } from "../config/log-config.ts";
import type { Log } from "./log.ts";
import type { Output } from "./output.ts";
import { RepeatFilter } from "./repeat-filter.ts";

/**
 * Writes the access log. SIGUSR1 opens its file anew, as `logrotate` tells nginx to.
 *
 * @param out stdout
 * @returns ends that, when the last lines are written
 * @throws FastCGIError `FCGI_ERR_CONFIG` when the file cannot be opened
 */
export function logAccess(config: ResolvedAccessLog, log: Log, out: Output): () => Promise<void> {
  const { file, format } = config;
  const repeated = new RepeatFilter(() => undefined);
  const problem = (kind: string, message: string): void => {
    if (repeated.isFirst(kind)) log.write("warn", message, { event: "access-log", kind });
  };
  const target =
    file === undefined
      ? undefined
      : new LogFile(file, {
          onLost: (lines) =>
            problem("lost", `${lines} lines of the access log were lost: it is not written fast enough`),
          onError: (error) => problem("error", `the access log ${file} cannot be written: ${error.message}`),
        });
  const sink = target ?? out;
  const listener = (message: unknown): void => sink.line(formatAccess(message as AccessRecord, format, Date.now()));
  const reopen = (): void => {
    target?.reopen().then(
      () => log.write("info", `SIGUSR1: the access log ${file ?? ""} is opened anew`, { event: "reopened" }),
      (error: Error) => log.write("warn", error.message, { event: "access-log" }),
    );
  };
  subscribe("fastcgi:proxy:access", listener);
  // A handler also keeps this signal from opening node's debugger.
  if (target !== undefined) process.on("SIGUSR1", reopen);
  return async () => {
    unsubscribe("fastcgi:proxy:access", listener);
    process.off("SIGUSR1", reopen);
    repeated.close();
    await target?.close();
  };
}
