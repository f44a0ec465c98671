import { ParamList } from "@x/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";

import { choosePeer } from "../../src/balancing/choose-peer.ts";
import type { ChoosablePeer } from "../../src/balancing/choose-peer.ts";
import { roundRobin } from "../../src/balancing/round-robin.ts";

type Traits = Partial<Pick<ChoosablePeer, "backup" | "draining" | "admits" | "full">>;

const request = { params: new ParamList() };
const peersOf = (...traits: Traits[]): ChoosablePeer[] =>
  traits.map((own, index) => ({
    index,
    address: `unix:/${index}`,
    weight: 1,
    active: 0,
    backup: false,
    draining: false,
    admits: true,
    full: false,
    ...own,
  }));

/** Who may be chosen. */
function chosen(peers: ChoosablePeer[], tried: number[] = []): (number | string | undefined)[] {
  const policy = roundRobin();
  const results = new Set<number | string | undefined>();
  for (let count = 0; count < peers.length + 1; count++) {
    const peer = choosePeer(
      peers,
      policy,
      request,
      tried.map((index) => peers[index]!),
    );
    results.add(typeof peer === "object" ? peer.index : peer);
  }
  return [...results];
}

test.for<{ what: string; peers: Traits[]; tried?: number[]; expected: (number | string | undefined)[] }>([
  { what: "all are well", peers: [{}, {}], expected: [0, 1] },
  { what: "[Q9] one is out", peers: [{ admits: false }, {}], expected: [1] },
  { what: "[Q11] one is full", peers: [{ full: true }, {}], expected: [1] },
  { what: "[Q11] all are full: wait", peers: [{ full: true }, { full: true }], expected: ["full"] },
  { what: "backups rest while others are well", peers: [{}, { backup: true }], expected: [0] },
  {
    what: "backups do not help those who are only full",
    peers: [{ full: true }, { backup: true }],
    expected: ["full"],
  },
  { what: "backups, when all others are out", peers: [{ admits: false }, { backup: true }], expected: [1] },
  {
    what: "[Q10] [f41] all are out: try all",
    peers: [{ admits: false }, { admits: false }, { admits: false, backup: true }],
    expected: [0, 1, 2],
  },
  { what: "[Q14] one is draining", peers: [{ draining: true }, {}], expected: [1] },
  {
    what: "[Q14] draining, even when all others are out",
    peers: [{ draining: true }, { admits: false }],
    expected: [1],
  },
  { what: "one was tried", peers: [{}, {}], tried: [0], expected: [1] },
  { what: "all were tried", peers: [{}, {}], tried: [0, 1], expected: [undefined] },
  { what: "there is none", peers: [], expected: [undefined] },
])("$what", ({ peers, tried, expected }) => {
  expect(new Set(chosen(peersOf(...peers), tried))).toEqual(new Set(expected));
});

test("never one that is full, draining or tried; never nobody while somebody is left", () => {
  const traits = fc.record({ backup: fc.boolean(), draining: fc.boolean(), admits: fc.boolean(), full: fc.boolean() });
  fc.assert(
    fc.property(fc.array(traits, { maxLength: 6 }), fc.nat(), (given, bits) => {
      const peers = peersOf(...given);
      const tried = peers.filter(({ index }) => ((bits >> index) & 1) === 1);
      const peer = choosePeer(peers, roundRobin(), request, tried);
      const left = peers.filter((other) => !other.draining && !tried.includes(other));
      if (peer === undefined) expect(left).toEqual([]);
      else if (peer !== "full") {
        expect(left).toContain(peer);
        expect(peer.full).toBe(false);
      }
    }),
  );
});
