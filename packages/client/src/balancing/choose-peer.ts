import type { BalancedRequest, Candidate, Policy } from "./policy.ts";

/** A peer as the choice sees it. */
export interface ChoosablePeer extends Candidate {
  readonly backup: boolean;
  readonly draining: boolean;
  /** Is it healthy, or due for a probe? */
  readonly admits: boolean;
  /** Does it have as many requests as it may? */
  readonly full: boolean;
}

/**
 * Who gets the request: of the healthy peers, else of the healthy backups, else of all, since when everybody is down, health is
 * known to be wrong or of no use (Envoy's panic mode). Backups do not help out those who are only full.
 *
 * @param tried those that the request has failed on
 * @returns `"full"` when it has to wait for one, undefined when there is nobody to try
 */
export function choosePeer<Peer extends ChoosablePeer>(
  peers: readonly Peer[],
  policy: Policy,
  request: BalancedRequest,
  tried: readonly Peer[],
): Peer | "full" | undefined {
  const left = peers.filter((peer) => !peer.draining && !tried.includes(peer));
  if (left.length === 0) return undefined;
  const healthy = left.filter((peer) => peer.admits);
  const primaries = healthy.filter((peer) => !peer.backup);
  const group = primaries.length > 0 ? primaries : healthy.length > 0 ? healthy : left;
  const free = group.filter((peer) => !peer.full);
  if (free.length === 0) return "full";
  return free.length === 1 ? free[0] : (policy(free, request) as Peer);
}
