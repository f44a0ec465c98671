import { leastRequests } from "./least-requests.ts";
import type { BalancedRequest, Policy } from "./policy.ts";

/**
 * The same peer for the same key (highest random weight): when a peer goes, its keys alone move, to all others alike; when it
 * comes back, they do. A request without a key goes where the fewest requests are.
 *
 * @param key the name of a param, such as `REMOTE_ADDR`, or what makes the key
 */
export function rendezvous(key: string | ((request: BalancedRequest) => string | undefined)): Policy {
  const keyOf = typeof key === "string" ? (request: BalancedRequest) => paramOf(request, key) : key;
  const withoutKey = leastRequests();
  return (candidates, request) => {
    const text = keyOf(request);
    if (text === undefined) return withoutKey(candidates, request);
    let best = candidates[0]!;
    let highest = -Infinity;
    for (const candidate of candidates) {
      const score = candidate.weight / -Math.log(uniform(text, candidate.address));
      if (score <= highest) continue;
      highest = score;
      best = candidate;
    }
    return best;
  };
}

function paramOf({ params }: BalancedRequest, name: string): string | undefined {
  const value = params.values[params.names.lastIndexOf(name)];
  if (value === undefined || typeof value === "string") return value;
  return Buffer.from(value).toString("latin1");
}

/** A number between 0 and 1, neither included, that depends on both texts and looks like chance. */
function uniform(key: string, address: string): number {
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  const text = `${key}\0${address}`;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return (mixed(high ^ (low >>> 7)) * 2 ** 21 + (mixed(low) >>> 11) + 0.5) / 2 ** 53;
}

/** Every bit of the result depends on every bit given (the finalizer of MurmurHash 3). */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
