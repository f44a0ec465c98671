import type { ParamList } from "@x/protocol";

import type { DispatchOptions } from "../dispatcher.ts";

/** A peer that can take the request. */
export interface Candidate {
  /** Its place among all peers, for good: no two have the same. */
  readonly index: number;
  /** Address text. */
  readonly address: string;
  /** As configured, less while it starts slowly after a recovery; above 0. */
  readonly weight: number;
  /** Requests that it has now. */
  readonly active: number;
}

/** The request that a peer is picked for. */
export type BalancedRequest = Readonly<Omit<DispatchOptions, "params">> & {
  /** Its variables. */
  readonly params: ParamList;
};

/**
 * Picks one of the candidates, of which there is at least one. Health, drain, backup and full peers are dealt with before:
 * whoever is a candidate may be picked.
 */
export type Policy = (candidates: readonly Candidate[], request: BalancedRequest) => Candidate;

/** What a peer has to bear, with one request more, by its weight. */
export function loadOf({ active, weight }: Candidate): number {
  return (active + 1) / weight;
}

/** The first candidate after `last` around the circle. */
export function nextAfter<C extends Candidate>(candidates: readonly C[], last: number): C {
  let next: C | undefined;
  let lowest = candidates[0]!;
  for (const candidate of candidates) {
    if (candidate.index < lowest.index) lowest = candidate;
    if (candidate.index > last && (next === undefined || candidate.index < next.index)) next = candidate;
  }
  return next ?? lowest;
}
