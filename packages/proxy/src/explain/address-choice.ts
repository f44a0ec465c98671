import { type PeerStats, type PoolStats, rendezvous } from "@x/client";
import type { ParamList } from "@x/protocol";

import type { ResolvedPolicy } from "../config/policy-config.ts";
import type { StickyCookie } from "../upstreams/sticky-cookie.ts";
import type { ExplainedAddresses, ExplainedOther } from "./explanation.ts";

/** What decides which address of an application gets a request. */
export interface ChoosingUpstream {
  /** As configured. */
  readonly addresses: readonly string[];
  readonly policy: ResolvedPolicy;
  readonly cookie: StickyCookie | undefined;
  readonly stats: { readonly addresses: readonly (PoolStats | PeerStats)[] };
}

/** Which addresses a request may go to, which not, and why; nothing is chosen, so that nobody's turn is used up. */
export function explainAddresses(upstream: ChoosingUpstream, params: ParamList): ExplainedAddresses {
  const peers = upstream.stats.addresses.filter((it): it is PeerStats => "state" in it);
  if (peers.length === 0)
    return {
      addresses: upstream.stats.addresses.map(({ address }) => address),
      choice: "its only address",
      others: [],
    };
  const left = peers.filter(({ state }) => state !== "draining");
  const well = left.filter(({ state }) => state === "healthy");
  const primaries = well.filter(({ backup }) => !backup);
  const group = primaries.length > 0 ? primaries : well.length > 0 ? well : left;
  const others = peers
    .filter((peer) => !group.includes(peer))
    .map(({ address, state }): ExplainedOther => ({ address, reason: REASONS[state] }));
  // Those are forgotten when their last request has ended.
  for (const address of upstream.addresses)
    if (!peers.some((peer) => peer.address === address)) others.push({ address, reason: REASONS.draining });
  const { addresses, choice } = chosen(upstream, group, params);
  const prefix = well.length === 0 ? "none is well, so that all are tried: " : "";
  return { addresses, choice: prefix + choice, others };
}

const REASONS: Readonly<Record<PeerStats["state"], string>> = {
  healthy: "a backup, for when no other is well",
  draining: "taken out of service",
  ejected: "left out, since requests failed there",
  probing: "left out until one request has found out whether it is back",
  down: "left out, since its checks fail",
};

function chosen(
  { policy, cookie }: ChoosingUpstream,
  group: readonly PeerStats[],
  params: ParamList,
): { readonly addresses: readonly string[]; readonly choice: string } {
  const addresses = group.map(({ address }) => address);
  if (addresses.length === 1) return { addresses, choice: "the only one that is well" };
  const weights = group.map(({ weight }) => weight);
  const byWeight = new Set(weights).size === 1 ? "" : `, by their weights ${weights.join(" : ")}`;
  const candidates = group.map(({ address, weight, active }, index) => ({ index, address, weight, active }));
  if (typeof policy === "string") return { addresses, choice: WORDS[policy] + byWeight };
  if ("hash" in policy) {
    const at = params.names.lastIndexOf(policy.hash);
    if (at < 0) return { addresses, choice: `${WORDS["least-requests"]}${byWeight}, since there is no ${policy.hash}` };
    const { address } = rendezvous(policy.hash)(candidates, { params });
    return { addresses: [address], choice: `the one for this ${policy.hash}, as long as it is well and has room` };
  }
  const named = cookie?.find(candidates, params)?.address;
  if (named !== undefined)
    return {
      addresses: [named],
      choice: `the one that the cookie ${policy.cookie} names, as long as it is well and has room`,
    };
  return {
    addresses,
    choice: `${WORDS.weighted}${byWeight}, since the cookie ${policy.cookie} names none; it keeps the client there`,
  };
}

const WORDS: Readonly<Record<Extract<ResolvedPolicy, string>, string>> = {
  weighted: "each in its turn",
  "round-robin": "each in its turn",
  "least-requests": "the one with the fewest requests",
  "random-two": "of two by chance the one with fewer requests",
  first: "the first that has room",
};
