import { channel } from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

/** A connection that was closed as soon as it was accepted, published on `fastcgi:proxy:refused`. */
export interface RefusedConnection {
  /** The limit that was reached. */
  readonly limit: "limits.connections" | "limits.connectionsPerAddress";
  /** Connections that it allows. */
  readonly allowed: number;
  /** The client's address; undefined for a UNIX socket. */
  readonly remote: string | undefined;
}

/** To be asked for `hasSubscribers`. */
export const refusedChannel: Channel<unknown, RefusedConnection> = channel("fastcgi:proxy:refused") as Channel<
  unknown,
  RefusedConnection
>;
