import type { PeerStats, PoolStats } from "@x/client";

import type { PeerStatus } from "../admin/status.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";

/** Each configured address of a group; one that is in no stats was drained. */
export function peersOfGroup(addresses: readonly ResolvedAddress[], peers: readonly PeerStats[]): PeerStatus[] {
  return addresses.map((configured) => {
    // One that was restored while its last requests still run is there twice: the later one takes requests.
    const stats = peers.findLast((peer) => peer.address === configured.address);
    if (stats === undefined) return drained(configured);
    const { state, active, weight, share, backup, requests, fails, connections, idle } = stats;
    const { address, capacity } = configured;
    return { address, state, active, capacity, weight, slowStart: share, backup, requests, fails, connections, idle };
  });
}

/** The only address of an upstream. */
export function solePeer({ address, capacity }: ResolvedAddress, stats: PoolStats, requests: number): PeerStatus {
  const { active, connections, idle } = stats;
  const always = { weight: 1, slowStart: 1, backup: false, fails: 0 };
  return { address, state: "sole", active, capacity, ...always, requests, connections, idle };
}

function drained({ address, capacity, weight, backup }: ResolvedAddress): PeerStatus {
  const none = { active: 0, slowStart: 0, requests: 0, fails: 0, connections: 0, idle: 0 };
  return { address, state: "drained", capacity, weight, backup, ...none };
}
