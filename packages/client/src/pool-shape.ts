/** What is known about an application, as the pool's options say it. */
export interface PoolCapacity {
  capacity: number | undefined;
  multiplex: number;
  connections: number | undefined;
}

/** How many connections a pool may have and how long it keeps them. */
export interface PoolShape {
  /** Are connections kept after a request at all (FCGI_KEEP_CONN)? */
  keep: boolean;
  /** Requests at once on one connection. */
  multiplex: number;
  /** Requests at once. */
  maxActive: number;
  /** Connections, busy and idle together. */
  maxConnections: number;
  maxIdle: number;
  /** ms that a connection may rest. */
  idleTime: number;
  /** ms after which a connection takes no more requests, and is closed when the last has ended. */
  maxAge: number;
}

/** ms that a multiplexed connection serves (nginx `keepalive_time`). */
const LONGEST_AGE = 3_600_000;

/** Requests that a connection serves (nginx `keepalive_requests`): what it gathers at either end goes with it. */
export const MOST_REQUESTS = 1_000;

/** Requests at once when nobody has said how many the application can take. */
const UNKNOWN_CAPACITY = 32;

/**
 * The keep-alive rule.
 *
 * A process that serves one request at a time, as a PHP-FPM worker does, is blocked by an idle
 * connection. So connections are kept only when the number of processes is known, never all of them
 * for longer than a tick unless there is one, and none for long: a connection that is a second old is closed, or when its
 * request ends, and the next one queues up behind the application's other clients. So nobody else
 * waits for a process longer than that second and one request.
 */
export function poolShape({ capacity, multiplex, connections }: PoolCapacity): PoolShape {
  if (multiplex > 1) {
    const maxConnections = connections ?? Math.ceil((capacity ?? 1) / multiplex);
    const maxActive = Math.min(capacity ?? Infinity, maxConnections * multiplex);
    return {
      keep: true,
      multiplex,
      maxActive,
      maxConnections,
      maxIdle: maxConnections,
      idleTime: 60_000,
      maxAge: LONGEST_AGE,
    };
  }
  const most = Math.min(capacity ?? UNKNOWN_CAPACITY, connections ?? Infinity);
  const keep = capacity !== undefined;
  const maxIdle = keep ? Math.min(most, Math.max(1, capacity - 1)) : 0;
  return { keep, multiplex: 1, maxActive: most, maxConnections: most, maxIdle, idleTime: 1_000, maxAge: 1_000 };
}
