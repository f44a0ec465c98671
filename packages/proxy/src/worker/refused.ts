import { channel } from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

/** A connection that was closed before it was anybody's, published on `fastcgi:proxy:refused`. */
export type RefusedConnection = SurplusConnection | UnannouncedConnection;

/** It was one too many. */
export interface SurplusConnection {
  /** The limit that was reached. */
  readonly limit: "limits.connections" | "limits.connectionsPerAddress";
  /** Connections that it allows. */
  readonly allowed: number;
  /** The client's address; undefined for a UNIX socket. */
  readonly remote: string | undefined;
}

/** It did not begin as `proxyProtocol` of the address to which it came has it. */
export interface UnannouncedConnection {
  /** The key of the configuration that it did not keep to. */
  readonly limit: "proxyProtocol";
  /**
   * `"stranger"`: it came from an address that may not send such a header. `"none"`: what came is no header, or a malformed one. `"late"`: it
   * took longer than `timeouts.handshake`.
   */
  readonly why: "stranger" | "none" | "late";
  /** Where it came to, as `listen` has it. */
  readonly listen: string;
  /** Who sent it; undefined for a UNIX socket. */
  readonly remote: string | undefined;
}

/** To be asked for `hasSubscribers`. */
export const refusedChannel: Channel<unknown, RefusedConnection> = channel("fastcgi:proxy:refused") as Channel<
  unknown,
  RefusedConnection
>;
