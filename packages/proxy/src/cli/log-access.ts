import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { formatAccess } from "../access-log/format.ts";
import { LogFile } from "../access-log/log-file.ts";
import type { AccessRecord } from "../access-log/logged-response.ts";
import type { ResolvedAccessLog } from "../config/log-config.ts";
import type { Log } from "./log.ts";
import type { Output } from "./output.ts";
import { RepeatFilter } from "./repeat-filter.ts";

/** An access log that is being written. */
export interface AccessLog {
  /** Opens its file anew, as on SIGUSR1. */
  reopen(): void;
  /** Ends it, when the last lines are written. */
  end(): Promise<void>;
}

/**
 * Writes the access log, if there is one. SIGUSR1 opens its file anew, as `logrotate` tells nginx to.
 *
 * @param out stdout
 * @param fd the file, when somebody else opened it
 * @throws FastCGIError `FCGI_ERR_CONFIG` when the file cannot be opened
 */
export function logAccess(config: ResolvedAccessLog | undefined, log: Log, out: Output, fd?: number): AccessLog {
  if (config === undefined) return { reopen: () => undefined, end: () => Promise.resolve() };
  const { file, format } = config;
  const repeated = new RepeatFilter(() => undefined);
  const problem = (kind: string, message: string): void => {
    if (repeated.isFirst(kind)) log.write("warn", message, { event: "access-log", kind });
  };
  const target =
    file === undefined
      ? undefined
      : new LogFile(
          file,
          {
            onLost: (lines) =>
              problem("lost", `${lines} lines of the access log were lost: it is not written fast enough`),
            onError: (error) => problem("error", `the access log ${file} cannot be written: ${error.message}`),
          },
          fd,
        );
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
  const end = async (): Promise<void> => {
    unsubscribe("fastcgi:proxy:access", listener);
    process.off("SIGUSR1", reopen);
    repeated.close();
    await target?.close();
  };
  return { reopen, end };
}
