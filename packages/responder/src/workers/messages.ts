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
  | { readonly type: "refused"; readonly message: string; readonly mistake: boolean; readonly stack?: string };

/** How a worker learns what to do, in its environment. */
export const WORKER_VARIABLE = "X_RESPONDER_WORKER";

/**
 * The descriptor of the listening socket in a worker, behind those of the standard streams and of the supervisor's channel. Not 0:
 * Node makes the descriptors 0 to 2 of what it starts block, and makes them block again when it ends, and that holds for all processes
 * that have the socket. Of two workers that wake up for one connection the slower one would wait in accept(2) for the next.
 */
export const WORKER_SOCKET = 4;

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
  /** What is spoken on {@link WORKER_SOCKET}. */
  readonly listen: `fd:${typeof WORKER_SOCKET}` | `scgi+fd:${typeof WORKER_SOCKET}`;
  /** The URL of the application's module. */
  readonly module: string;
  /** ms for running requests after a signal. */
  readonly grace: number;
  readonly mount: "keep" | "strip";
  readonly log: "json" | undefined;
}
