/** What the supervisor asks of a worker. */
export type ToWorker =
  /** Others take its connections over, if there are others. */
  | { readonly type: "retire"; readonly successors: boolean }
  /** Comes with a connection that another worker has handed over. */
  | { readonly type: "connection" };

/** What a worker tells. */
export type FromWorker =
  | { readonly type: "ready" }
  /** It has served its time; another one should come before it goes. */
  | { readonly type: "worn"; readonly reason: string }
  /** Comes with a connection, for another worker. */
  | { readonly type: "connection" }
  /** It cannot start: a sentence for whoever started it. */
  | { readonly type: "refused"; readonly message: string; readonly mistake: boolean };

/** How a worker learns what to do, in its environment. */
export const WORKER_VARIABLE = "X_RESPONDER_WORKER";

/** The limits after which a worker asks to be replaced; 0: none. */
interface WorkerLimits {
  /** Requests. */
  readonly maxRequests: number;
  /** Bytes of memory of the process (RSS). */
  readonly maxMemory: number;
  /** ms that the event loop was late, on average over a second, three seconds in a row. */
  readonly maxLag: number;
}

/** The whole of what a worker is told. */
export interface WorkerTask extends WorkerLimits {
  /** What is spoken on descriptor 0. */
  readonly listen: "fd:0" | "scgi+fd:0";
  /** The URL of the application's module. */
  readonly module: string;
  /** ms for running requests after a signal. */
  readonly grace: number;
  readonly mount: "keep" | "strip";
  readonly log: "json" | undefined;
}
