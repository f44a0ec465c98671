import type { PhpFpmProcess, PhpFpmStatus } from "../php-fpm/status.ts";
import { cell } from "./live-text.ts";
import type { Style } from "./live-text.ts";

/** A look at a pool, and when it was. */
export interface Sample {
  status: PhpFpmStatus;
  /** ms of a clock that never goes back. */
  at: number;
}

/** Requests a second between two looks; undefined before the second one, and when FPM was started anew. */
function rate(now: Sample, before: Sample | undefined): number | undefined {
  if (before === undefined || now.at <= before.at) return undefined;
  const requests = now.status.acceptedConnections - before.status.acceptedConnections;
  return requests < 0 ? undefined : (requests * 1_000) / (now.at - before.at);
}

/** The state of a pool in one line, for logs and pipes. */
export function statusLine(now: Sample, before: Sample | undefined): string {
  const { status } = now;
  const perSecond = rate(now, before);
  return [
    `pool=${cell(status.pool, 40).trimEnd()}`,
    `active=${status.activeProcesses}`,
    `idle=${status.idleProcesses}`,
    `total=${status.totalProcesses}`,
    `queue=${status.listenQueue}`,
    `accepted=${status.acceptedConnections}`,
    `max-children-reached=${status.maxChildrenReached}`,
    `slow=${status.slowRequests}`,
    ...(perSecond === undefined ? [] : [`requests/s=${perSecond.toFixed(1)}`]),
  ].join(" ");
}

/** The state of a pool as a table, its workers below. */
export function statusTable(now: Sample, before: Sample | undefined, width: number, style: Style): string[] {
  const { status } = now;
  const { activeProcesses: active, totalProcesses: total, processes = [] } = status;
  const perSecond = rate(now, before);
  // Of a UNIX socket PHP-FPM does not know how many may wait, and says 0.
  const room = status.listenQueueLength > 0 ? `, of ${status.listenQueueLength}` : "";
  const lines = [
    style.bold(`${cell(status.pool, 30).trimEnd()}  ${status.processManager}, up ${duration(status.startSince)}`),
    `workers   ${bar(active, total, 24, style)} ${active} active, ${status.idleProcesses} idle, ${total} in all`,
    `queue     ${alarm(status.listenQueue, style)} waiting, ${status.maxListenQueue} at most${room}`,
    `requests  ${status.acceptedConnections}${perSecond === undefined ? "" : `, ${perSecond.toFixed(1)} a second`}`,
    `trouble   ${alarm(status.slowRequests, style)} slow requests, pm.max_children reached ${alarm(status.maxChildrenReached, style)} times`,
  ];
  if (processes.length === 0) return lines;
  const requestWidth = Math.max(20, width - 48);
  return [
    ...lines,
    "",
    style.dim(`${"pid".padEnd(8)}${"state".padEnd(16)}${"requests".padStart(8)}  ${"ms".padStart(9)}  request`),
    ...processes.toSorted(busiest).map((worker) => workerLine(worker, requestWidth, style)),
  ];
}

function workerLine(worker: PhpFpmProcess, room: number, style: Style): string {
  const { pid, state, requests, requestDuration, requestMethod, requestUri, script } = worker;
  const time = (requestDuration / 1_000).toFixed(1);
  // "-" is FPM's word for a worker that waits and does not tell of its last request.
  const text = requestMethod === "-" ? "" : `${requestMethod} ${requestUri}${script === undefined ? "" : ` ${script}`}`;
  const request = cell(text, room).trimEnd();
  const line =
    `${String(pid).padEnd(8)}${cell(state, 16)}${String(requests).padStart(8)}  ${time.padStart(9)}  ${request}`.trimEnd();
  return state === "Idle" ? style.dim(line) : line;
}

/** Those that work first, the longest request on top. */
function busiest(one: PhpFpmProcess, other: PhpFpmProcess): number {
  const idle = Number(one.state === "Idle") - Number(other.state === "Idle");
  return idle === 0 ? other.requestDuration - one.requestDuration : idle;
}

/** `[######------]` */
export function bar(part: number, whole: number, width: number, style: Style): string {
  const filled = whole === 0 ? 0 : Math.min(width, Math.round((part / whole) * width));
  const text = "#".repeat(filled);
  return `[${part >= whole && whole > 0 ? style.red(text) : style.green(text)}${"-".repeat(width - filled)}]`;
}

function alarm(count: number, style: Style): string {
  return count > 0 ? style.red(String(count)) : "0";
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}
