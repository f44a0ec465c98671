import { ParamList } from "@x/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { first } from "../../src/balancing/first.ts";
import { leastRequests } from "../../src/balancing/least-requests.ts";
import { toPolicy } from "../../src/balancing/policies.ts";
import type { PolicyName } from "../../src/balancing/policies.ts";
import type { BalancedRequest, Candidate, Policy } from "../../src/balancing/policy.ts";
import { randomTwo } from "../../src/balancing/random-two.ts";
import { rendezvous } from "../../src/balancing/rendezvous.ts";
import { roundRobin } from "../../src/balancing/round-robin.ts";
import { weighted } from "../../src/balancing/weighted.ts";

type Mutable = { -readonly [Key in keyof Candidate]: Candidate[Key] };

const peersOf = (weights: readonly number[]): Mutable[] =>
  weights.map((weight, index) => ({ index, address: `tcp://10.0.0.${index}:9000`, weight, active: 0 }));
const request: BalancedRequest = { params: new ParamList() };
const keyed = (key: string): BalancedRequest => ({ params: new ParamList().add("KEY", key) });
const weights = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 });

/** How often each is picked. */
function shares(policy: Policy, candidates: readonly Candidate[], picks: number, of = request): number[] {
  const counts = candidates.map(() => 0);
  for (let pick = 0; pick < picks; pick++) counts[candidates.indexOf(policy(candidates, of))]!++;
  return counts;
}

/** A generator that is the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("round robin", () => {
  test("each peer exactly as often as any other, whatever its weight", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 20 }), (given, rounds) => {
        expect(shares(roundRobin(), peersOf(given), given.length * rounds)).toEqual(given.map(() => rounds));
      }),
    );
  });

  test("a peer that is away loses its turns alone: nobody is picked twice before all that are there were", () => {
    const policy = roundRobin();
    const peers = peersOf([1, 1, 1, 1]);
    const there = [peers[0]!, peers[1]!, peers[3]!];
    expect(Array.from({ length: 4 }, () => policy(there, request).index)).toEqual([0, 1, 3, 0]);
    expect(Array.from({ length: 4 }, () => policy(peers, request).index)).toEqual([1, 2, 3, 0]);
  });
});

describe("weighted", () => {
  test("shares are the weights exactly, once around", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 5 }), (given, rounds) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        expect(shares(weighted(), peersOf(given), total * rounds)).toEqual(given.map((weight) => weight * rounds));
      }),
    );
  });

  test("smooth: of 5, 1, 1 the turns are a a b a c a a", () => {
    const policy = weighted();
    const peers = peersOf([5, 1, 1]);
    const turns = Array.from({ length: 7 }, () => "abc"[policy(peers, request).index]);
    expect(turns.join("")).toBe("aabacaa");
  });

  test("no starvation: whoever is there is picked within total / weight picks, while others come and go", () => {
    fc.assert(
      fc.property(weights, fc.infiniteStream(fc.nat()), (given, choices) => {
        const peers = peersOf([1, ...given]);
        const policy = weighted();
        const total = given.reduce((sum, weight) => sum + weight, 1);
        let since = 0;
        for (let pick = 0; pick < 200; pick++) {
          const bits = choices.next().value!;
          const there = peers.filter(({ index }) => index === 0 || ((bits >> index) & 1) === 1);
          since = policy(there, request).index === 0 ? 0 : since + 1;
          expect(since).toBeLessThanOrEqual(total * 2);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("least requests", () => {
  test("nobody else had fewer by its weight", () => {
    const loads = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(20)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(loads, (given) => {
        const peers = peersOf(given.map(([weight]) => weight));
        for (const [index, [, active]] of given.entries()) peers[index]!.active = active;
        const picked = leastRequests()(peers, request);
        for (const peer of peers) {
          expect((picked.active + 1) / picked.weight).toBeLessThanOrEqual((peer.active + 1) / peer.weight);
        }
      }),
    );
  });

  test("of equals each in its turn", () => {
    expect(shares(leastRequests(), peersOf([1, 1, 1]), 30)).toEqual([10, 10, 10]);
  });
});

describe("random two", () => {
  test("never the busiest of all, and the only one when there is one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(), (count, seed) => {
        const peers = peersOf(Array.from({ length: count }, () => 1));
        peers[0]!.active = 5;
        const random = seeded(seed);
        const policy = randomTwo(random);
        for (let pick = 0; pick < 50; pick++) expect(policy(peers, request).index).not.toBe(0);
      }),
    );
    expect(randomTwo()(peersOf([1]), request).index).toBe(0);
  });

  test("with requests that last, loads stay close together", () => {
    const peers = peersOf(Array.from({ length: 10 }, () => 1));
    const policy = randomTwo(seeded(7));
    for (let pick = 0; pick < 10_000; pick++) (policy(peers, request) as Mutable).active++;
    const loads = peers.map(({ active }) => active);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(10);
  });
});

describe("rendezvous", () => {
  const keys = Array.from({ length: 4_000 }, (_, index) => `192.0.2.${index % 256}/${index}`);

  test("the same peer for the same key, whatever the order of the candidates", () => {
    fc.assert(
      fc.property(weights, fc.string(), fc.nat(), (given, key, turn) => {
        const peers = peersOf(given);
        const turned = [...peers.slice(turn % peers.length), ...peers.slice(0, turn % peers.length)];
        const policy = rendezvous((of) => of.params.values[0] as string);
        expect(policy(turned, keyed(key))).toBe(policy(peers, keyed(key)));
      }),
    );
  });

  test("a peer goes: its keys alone move; it comes back: they alone do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        fc.array(fc.string(), { maxLength: 100 }),
        (count, gone, some) => {
          const peers = peersOf(Array.from({ length: count }, () => 1));
          const away = peers[gone % count];
          const left = peers.filter((peer) => peer !== away);
          const policy = rendezvous("KEY");
          for (const key of some) {
            const before = policy(peers, keyed(key));
            if (before === away) expect(left).toContain(policy(left, keyed(key)));
            else expect(policy(left, keyed(key))).toBe(before);
          }
        },
      ),
    );
  });

  test("shares follow the weights, and those of a peer that goes are spread", () => {
    const peers = peersOf([1, 1, 2]);
    const policy = rendezvous("KEY");
    const counts = [0, 0, 0];
    const moved = [0, 0];
    for (const key of keys) {
      const { index } = policy(peers, keyed(key));
      counts[index]!++;
      if (index === 2) moved[policy(peers.slice(0, 2), keyed(key)).index]!++;
    }
    for (const [index, expected] of [1_000, 1_000, 2_000].entries()) {
      expect(Math.abs(counts[index]! - expected)).toBeLessThan(150);
    }
    expect(Math.abs(moved[0]! - moved[1]!)).toBeLessThan(200);
  });

  test("no key: where the fewest requests are; a value in bytes is a key, too", () => {
    const peers = peersOf([1, 1]);
    peers[0]!.active = 3;
    expect(rendezvous("ABSENT")(peers, keyed("x")).index).toBe(1);
    const bytes: BalancedRequest = { params: new ParamList().add("KEY", Buffer.from("abc")) };
    expect(rendezvous("KEY")(peers, bytes)).toBe(rendezvous("KEY")(peers, keyed("abc")));
  });
});

test("first: the first in the order in which they were given", () => {
  const peers = peersOf([1, 1, 1]);
  expect(first()([peers[2]!, peers[1]!], request).index).toBe(1);
});

test("policies by name", () => {
  for (const name of ["first", "least-requests", "random-two", "round-robin", "weighted"] as const) {
    expect(toPolicy(name)(peersOf([1]), request).index).toBe(0);
  }
  const own: Policy = ([candidate]) => candidate!;
  expect(toPolicy(own)).toBe(own);
  expect(() => toPolicy("rondrobin" as PolicyName)).toThrow(
    "A policy is a function or one of first, least-requests, random-two, round-robin, weighted, not rondrobin.",
  );
});
