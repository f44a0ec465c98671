import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { GatewayDiagnostics, GatewayFailure } from "../diagnostics.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import type { AnsweredRequest } from "../worker/answered.ts";
import type { RefusedConnection, UnannouncedConnection } from "../worker/refused.ts";
import type { Log } from "./log.ts";
import { RepeatFilter } from "./repeat-filter.ts";

/** Bytes of an application's stderr that are written for one request. */
const STDERR_LIMIT = 65_536;

/** Bytes of a request target that a line shows. */
const TARGET_SHOWN = 1_024;

/** The answers to what one of `limits`, or `limitClient`, forbids: only the log names that one to whoever can raise it. */
const LIMIT_EXCEEDED: ReadonlySet<number> = new Set([413, 414, 429, 431]);

/**
 * Writes failed requests, what applications say about requests on stderr, and, with `verbose`, a line for each request.
 *
 * @returns ends that
 */
export function logRequests(log: Log, verbose: boolean): () => void {
  const failures = new RepeatFilter((kind, count) => {
    log.write("warn", `${kind}: ${count} more like this`, {
      event: "repeated",
      kind,
      count,
    });
  });
  const written = new WeakMap<GatewayRequest, number>();
  const listeners: readonly [channel: string, listener: (message: unknown) => void][] = [
    ["fastcgi:proxy:error", (message) => logFailure(log, message as GatewayFailure, failures, verbose)],
    ["fastcgi:proxy:refused", (message) => logRefused(log, message as RefusedConnection, failures)],
    [
      "fastcgi:proxy:stderr",
      (message) => logStderr(log, message as GatewayDiagnostics["fastcgi:proxy:stderr"], written),
    ],
  ];
  const all = verbose
    ? [
        ...listeners,
        ["fastcgi:proxy:answered", (message: unknown) => logAnswered(log, message as AnsweredRequest)] as const,
      ]
    : listeners;
  for (const [channel, listener] of all) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of all) unsubscribe(channel, listener);
    failures.close();
  };
}

function logFailure(log: Log, failure: GatewayFailure, failures: RepeatFilter, verbose: boolean): void {
  const { id, request, status, reason, upstream, error } = failure;
  // A client's mistake is no event of the server's; that an application cannot see its own script is, and a limit that is too low.
  const isClients =
    status >= 400 && status < 500 && !LIMIT_EXCEEDED.has(status) && (upstream === undefined || error !== undefined);
  if (isClients && !verbose) return;
  const kind = `${upstream ?? "proxy"}: ${status === 0 ? "response cut" : status} ${error?.code ?? ""}`.trim();
  if (!verbose && !failures.isFirst(kind)) return;
  const line = requestLine(request);
  const message = `${upstream === undefined ? "" : `${upstream}: `}${line}: ${status === 0 ? "response cut" : status}: ${reason} (request ${id})`;
  log.write(isClients ? "info" : "warn", message, {
    event: "failed",
    id,
    request: line,
    status,
    upstream,
    code: error?.code,
  });
}

function logRefused(log: Log, refused: RefusedConnection, failures: RepeatFilter): void {
  const { limit, remote } = refused;
  const kind = limit === "proxyProtocol" ? `${limit} of ${refused.listen}: ${refused.why}` : limit;
  if (!failures.isFirst(`connections: ${kind}`)) return;
  const why =
    limit === "proxyProtocol"
      ? `proxyProtocol of ${refused.listen} ${UNANNOUNCED[refused.why]}`
      : `${limit} allows ${refused.allowed}`;
  log.write("warn", `a connection of ${remote ?? "a UNIX socket"} was closed: ${why}`, {
    event: "refused",
    limit,
    remote,
  });
}

/** What a load balancer that was set up otherwise than we were does wrong. */
const UNANNOUNCED: Readonly<Record<UnannouncedConnection["why"], string>> = {
  stranger: "does not name its address in from",
  none: "asks for a header of the PROXY protocol, and it began with something else",
  late: "asks for a header of the PROXY protocol, and none came within timeouts.handshake",
};

function logStderr(
  log: Log,
  { request, upstream, chunk, id, host, script, address }: GatewayDiagnostics["fastcgi:proxy:stderr"],
  written: WeakMap<GatewayRequest, number>,
): void {
  const before = written.get(request) ?? 0;
  written.set(request, before + chunk.length);
  if (before >= STDERR_LIMIT) return;
  const line = requestLine(request);
  const about = `${host === undefined ? "" : ` of ${host}`}${script === undefined ? "" : `, ${script}`}, at ${address}, request ${id}`;
  const more = before + chunk.length >= STDERR_LIMIT ? ["(the rest of its stderr is left out)"] : [];
  for (const text of [...Buffer.from(chunk).toString("utf8").split("\n"), ...more]) {
    if (text.trim() !== "")
      log.write("warn", `[${upstream}] ${text.trimEnd()} (${line}${about})`, {
        ...{ event: "stderr", id, upstream, address, host, request: line, script },
      });
  }
}

function logAnswered(log: Log, answered: AnsweredRequest): void {
  const { method, target, statusCode, bytes, complete, cut, duration, remote } = answered;
  const time = Math.round(duration * 10) / 10;
  const end = cut ? ", cut" : ", the client went away";
  const outcome = `${statusCode === 0 ? "no answer" : statusCode}${complete ? "" : end}`;
  log.write("info", `${method} ${target} ${outcome} in ${time} ms`, {
    event: "request",
    method,
    target,
    status: statusCode,
    bytes,
    complete,
    cut,
    duration: time,
    remote,
  });
}

/** `GET /index.php?q=1`, of untrusted bytes; what is too long to be served is too long to be read. */
function requestLine(request: GatewayRequest): string {
  const { method, target } = request;
  return `${method} ${target.slice(0, TARGET_SHOWN)}${target.length > TARGET_SHOWN ? "…" : ""}`;
}
