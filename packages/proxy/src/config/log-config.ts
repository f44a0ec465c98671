import type { AccessFormat } from "../access-log/format.ts";
import type { Expansion } from "./expand.ts";

/** What `x-proxy` writes down. A program with a gateway of its own listens to `fastcgi:proxy:access` instead. */
export interface LogConfig {
  /** A line for each request. @default none */
  access?: AccessLogConfig | undefined;
}

/** The access log. */
export interface AccessLogConfig {
  /** A file, to which is appended, in batches and at most 50 ms late, and which SIGUSR1 opens anew; or `"stdout"`. @default "stdout" */
  file?: string | undefined;
  /** Apache's Common or Combined Log Format, or JSON with also id, host, upstream and duration. @default "combined" */
  format?: AccessFormat | undefined;
}

/** What `x-proxy` writes down. */
export interface ResolvedLog {
  /** undefined: none. */
  readonly access: ResolvedAccessLog | undefined;
}

/** The access log. */
export interface ResolvedAccessLog {
  /** Absolute; undefined: stdout. */
  readonly file: string | undefined;
  /** How a line looks. */
  readonly format: AccessFormat;
}

/** Fills in what is not said about logs. */
export function expandLog(expansion: Expansion, { access }: LogConfig = {}): ResolvedLog {
  if (access === undefined) return { access: undefined };
  const { file = "stdout", format = "combined" } = access;
  return { access: { file: file === "stdout" ? undefined : expansion.path(file), format } };
}
