import type { ProcessStatus } from "../processes/managed-process.ts";

/** What a whole server is doing: what `x-proxy status` shows. Sums count from the start of the worker. */
export interface ProxyStatus {
  /** Of the package. */
  readonly version: string;
  /** The program's process. */
  readonly pid: number;
  /** The process that answers requests; the same, unless root started the program. Undefined while there is none. */
  readonly workerPid: number | undefined;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** Open connections of clients. */
  readonly connections: number;
  /** Requests that are being answered. */
  readonly active: number;
  /** Requests ever taken. */
  readonly requests: number;
  /** In the order of the configuration. */
  readonly upstreams: readonly UpstreamStatus[];
  /** The application processes, in the order of the configuration. */
  readonly processes: readonly ProcessStatus[];
}

/** The worker's part of {@link ProxyStatus}. */
export type WorkerStatus = Pick<ProxyStatus, "connections" | "active" | "requests" | "upstreams">;

/** An application with all of its addresses. */
export interface UpstreamStatus {
  /** In the configuration. */
  readonly name: string;
  /** Requests that run. */
  readonly active: number;
  /** Requests that wait for a place. */
  readonly queued: number;
  /** How many may wait. */
  readonly queue: number;
  /** Requests that it was ever given. */
  readonly requests: number;
  /** Tries beyond the first, ever. */
  readonly retries: number;
  /** In the order of the configuration. */
  readonly peers: readonly PeerStatus[];
}

/** One address of an upstream. */
export interface PeerStatus {
  /** As configured. */
  readonly address: string;
  /**
   * `healthy`, `ejected` (left out after failures), `probing` (one request finds out), `down` (active checks fail), `draining` (no new requests),
   * `drained` (out, until it is restored); `sole`: the only address, which is never left out.
   */
  readonly state: "healthy" | "ejected" | "probing" | "down" | "draining" | "drained" | "sole";
  /** Requests that run there. */
  readonly active: number;
  /** Requests at once that it takes; undefined: as many as come. */
  readonly capacity: number | undefined;
  /** As configured. */
  readonly weight: number;
  /** How much of what its weight says it gets now: less than 1 while it starts slowly. */
  readonly slowStart: number;
  /** Is it one of those that serve when no other can? */
  readonly backup: boolean;
  /** Requests that it was given since it was added or restored. */
  readonly requests: number;
  /** Failures since the last success that count still. */
  readonly fails: number;
  /** Open connections. */
  readonly connections: number;
  /** Connections on which nothing runs. */
  readonly idle: number;
}
