import { FastCGIError } from "@x/protocol/errors";

/** What a pool of PHP-FPM says of itself (`pm.status_path`). Counts are since its start. */
export interface PhpFpmStatus {
  /** Name of the pool. */
  pool: string;
  /** `pm` */
  processManager: "static" | "dynamic" | "ondemand";
  /** When the pool was started. */
  startTime: Date;
  /** Seconds. */
  startSince: number;
  /** Requests that workers took; FPM counts several on one kept connection, too. */
  acceptedConnections: number;
  /** Connections that wait for a worker. Linux tells it of TCP, and 0 of most UNIX sockets. */
  listenQueue: number;
  /** The most that ever waited. */
  maxListenQueue: number;
  /** How many may wait (`listen.backlog`). */
  listenQueueLength: number;
  /** Workers that wait for a connection. */
  idleProcesses: number;
  /** Those that hold an idle kept connection are among them, and the one that answers this. */
  activeProcesses: number;
  /** Workers, idle and active. */
  totalProcesses: number;
  /** The most that were ever active. */
  maxActiveProcesses: number;
  /** How often `pm.max_children` was reached; only with the process managers dynamic and ondemand. */
  maxChildrenReached: number;
  /** Requests that took longer than `request_slowlog_timeout`. */
  slowRequests: number;
  /** Bytes that the largest process took; PHP 8.5 and newer. */
  memoryPeak: number | undefined;
  /** With the option `full`. */
  processes: PhpFpmProcess[] | undefined;
}

/** What a worker does. FPM's own words. */
export type PhpFpmProcessState =
  | "Idle"
  | "Running"
  | "Reading headers"
  | "Getting request information"
  | "Finishing"
  | "Ending"
  | (string & {});

/** One worker. What it says of a request is about the one that it runs, or when idle about its last. */
export interface PhpFpmProcess {
  /** Its process id. */
  pid: number;
  /** What it does. */
  state: PhpFpmProcessState;
  /** When it was started. */
  startTime: Date;
  /** Seconds. */
  startSince: number;
  /** Requests since its start. */
  requests: number;
  /** µs */
  requestDuration: number;
  /** REQUEST_METHOD */
  requestMethod: string;
  /** With the query; it may hold secrets. */
  requestUri: string;
  /** Bytes of the request body. */
  contentLength: number;
  /** PHP_AUTH_USER, or undefined. */
  user: string | undefined;
  /** The file, or undefined. */
  script: string | undefined;
  /** Percent of a core that the last request took. */
  lastRequestCpu: number;
  /** Bytes that the last request took at most. */
  lastRequestMemory: number;
}

/**
 * Reads the status page in its JSON form.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ANSWER` when it is something else
 */
export function parseStatus(json: string): PhpFpmStatus {
  let page: unknown;
  try {
    page = JSON.parse(json);
  } catch (error) {
    throw notStatus(json, error);
  }
  if (!isRecord(page) || typeof page["pool"] !== "string" || typeof page["accepted conn"] !== "number") {
    throw notStatus(json);
  }
  const { processes } = page;
  return {
    pool: page["pool"],
    processManager: text(page["process manager"]) as PhpFpmStatus["processManager"],
    startTime: seconds(page["start time"]),
    startSince: number(page["start since"]),
    acceptedConnections: number(page["accepted conn"]),
    listenQueue: number(page["listen queue"]),
    maxListenQueue: number(page["max listen queue"]),
    listenQueueLength: number(page["listen queue len"]),
    idleProcesses: number(page["idle processes"]),
    activeProcesses: number(page["active processes"]),
    totalProcesses: number(page["total processes"]),
    maxActiveProcesses: number(page["max active processes"]),
    maxChildrenReached: number(page["max children reached"]),
    slowRequests: number(page["slow requests"]),
    memoryPeak: typeof page["memory peak"] === "number" ? page["memory peak"] : undefined,
    processes: Array.isArray(processes) ? processes.filter(isRecord).map(readProcess) : undefined,
  };
}

function readProcess(page: Record<string, unknown>): PhpFpmProcess {
  return {
    pid: number(page["pid"]),
    state: text(page["state"]),
    startTime: seconds(page["start time"]),
    startSince: number(page["start since"]),
    requests: number(page["requests"]),
    requestDuration: number(page["request duration"]),
    requestMethod: text(page["request method"]),
    requestUri: text(page["request uri"]),
    contentLength: number(page["content length"]),
    user: unlessDash(page["user"]),
    script: unlessDash(page["script"]),
    lastRequestCpu: number(page["last request cpu"]),
    lastRequestMemory: number(page["last request memory"]),
  };
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function seconds(value: unknown): Date {
  return new Date(number(value) * 1_000);
}

/** FPM writes "-" for nothing. */
function unlessDash(value: unknown): string | undefined {
  return value === "-" || typeof value !== "string" ? undefined : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notStatus(said: string, cause?: unknown): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_BAD_ANSWER",
    `This is not the status page of PHP-FPM, though something answers there: ${JSON.stringify(said.slice(0, 80))}. Give the path of pm.status_path.`,
    { cause, phase: "response-body" },
  );
}
