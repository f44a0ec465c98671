import fc from "fast-check";
import { expect, test } from "vitest";

import { PeerHealth } from "../../src/balancing/peer-health.ts";
import type { HealthSettings, PeerState } from "../../src/balancing/peer-health.ts";

const settings: HealthSettings = {
  maxFails: 3,
  failTimeout: 10_000,
  backoff: 1_000,
  maxBackoff: 30_000,
  slowStart: 10_000,
};

class Fixture {
  time = 0;
  random = 0.5;
  readonly states: PeerState[] = [];
  readonly health: PeerHealth;

  constructor(options: Partial<HealthSettings> = {}) {
    this.health = new PeerHealth({
      options: { ...settings, ...options },
      clock: () => this.time,
      random: () => this.random,
      onChange: (state) => this.states.push(state),
    });
  }

  fail(): void {
    this.health.fail(this.health.begin());
  }

  succeed(): void {
    this.health.succeed(this.health.begin());
  }

  /** ms until it admits a request. */
  out(): number {
    const from = this.time;
    while (!this.health.admits) this.time += 10;
    return this.time - from;
  }
}

test("[Q9] three failures within ten seconds: out for a second", () => {
  const peer = new Fixture();
  peer.fail();
  peer.fail();
  expect(peer.health).toMatchObject({ state: "healthy", fails: 2, admits: true });
  peer.fail();
  expect(peer.health).toMatchObject({ state: "ejected", admits: false });
  expect(peer.out()).toBe(1_000);
});

test("[Q9] failures that lie further apart, or have a success between them, do not count together", () => {
  const peer = new Fixture();
  for (let count = 0; count < 10; count++) {
    peer.fail();
    peer.time += 5_001;
  }
  expect(peer.health.state).toBe("healthy");
  for (let count = 0; count < 10; count++) {
    peer.fail();
    peer.fail();
    peer.succeed();
  }
  expect(peer.health).toMatchObject({ state: "healthy", fails: 0 });
});

test("[Q9] [f43] time out doubles to thirty seconds while the probe fails; one request probes", () => {
  const peer = new Fixture();
  for (let count = 0; count < 3; count++) peer.fail();
  const times: number[] = [];
  for (let count = 0; count < 7; count++) {
    times.push(peer.out());
    const epoch = peer.health.begin();
    expect(peer.health).toMatchObject({ state: "probing", admits: false });
    peer.health.fail(epoch);
  }
  expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("[Q9] jitter: twenty per cent more or less", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
      const peer = new Fixture();
      peer.random = random;
      for (let count = 0; count < 3; count++) peer.fail();
      const out = peer.out();
      expect(out).toBeGreaterThanOrEqual(800);
      expect(out).toBeLessThanOrEqual(1_200);
    }),
  );
});

test("[Q9] [f43] flapping: the next time out is longer, unless it was well for long", () => {
  const flap = (well: number): number => {
    const peer = new Fixture();
    for (let count = 0; count < 3; count++) peer.fail();
    peer.out();
    peer.succeed();
    expect(peer.health.state).toBe("healthy");
    peer.time += well;
    for (let count = 0; count < 3; count++) peer.fail();
    return peer.out();
  };
  expect(flap(1_000)).toBe(2_000);
  expect(flap(60_000)).toBe(1_000);
});

test("what began before the change says nothing about now", () => {
  const peer = new Fixture();
  const before = peer.health.begin();
  for (let count = 0; count < 3; count++) peer.fail();
  peer.health.succeed(before);
  expect(peer.health.state).toBe("ejected");
  peer.out();
  const probe = peer.health.begin();
  peer.health.fail(before);
  expect(peer.health.state).toBe("probing");
  peer.health.succeed(probe);
  expect(peer.health.state).toBe("healthy");
  peer.health.fail(probe);
  expect(peer.health.fails).toBe(0);
});

test("a request that is sent there all the same and is served: it is back", () => {
  const peer = new Fixture();
  for (let count = 0; count < 3; count++) peer.fail();
  peer.succeed();
  expect(peer.states).toEqual(["ejected", "healthy"]);
});

test("a probe that is aborted leaves the finding out to the next request", () => {
  const peer = new Fixture();
  for (let count = 0; count < 3; count++) peer.fail();
  peer.out();
  peer.health.forget(peer.health.begin());
  expect(peer.health).toMatchObject({ state: "ejected", admits: true });
  peer.succeed();
  peer.health.forget(peer.health.begin());
  expect(peer.health.state).toBe("healthy");
});

test("[Q13] slow start: from little to all over ten seconds, only after a recovery", () => {
  const peer = new Fixture();
  expect(peer.health.share).toBe(1);
  for (let count = 0; count < 3; count++) peer.fail();
  peer.out();
  peer.succeed();
  expect(peer.health.share).toBe(0.05);
  peer.time += 5_000;
  expect(peer.health.share).toBe(0.5);
  peer.time += 5_000;
  expect(peer.health.share).toBe(1);
});

test("one that begins slowly gets a share that grows, and is healthy all the while", () => {
  const states: PeerState[] = [];
  let time = 7_000;
  const health = new PeerHealth({
    options: settings,
    recovering: true,
    clock: () => time,
    random: () => 0.5,
    onChange: (state) => states.push(state),
  });
  expect(health).toMatchObject({ state: "healthy", admits: true, share: 0.05 });
  time += 5_000;
  expect(health.share).toBe(0.5);
  time += 5_000;
  expect(health.share).toBe(1);
  expect(states).toEqual([]);
});

test("active checks: down until they say up, whatever requests say", () => {
  const peer = new Fixture();
  peer.health.check(false);
  expect(peer.health).toMatchObject({ state: "down", admits: false });
  peer.succeed();
  expect(peer.health.state).toBe("down");
  peer.time += 100_000;
  expect(peer.health.admits).toBe(false);
  peer.health.check(true);
  expect(peer.health).toMatchObject({ state: "healthy", share: 0.05 });
  peer.health.check(true);
  expect(peer.states).toEqual(["down", "healthy"]);
});

test("maxFails 0: never left out", () => {
  const peer = new Fixture({ maxFails: 0 });
  for (let count = 0; count < 100; count++) peer.fail();
  expect(peer.health.state).toBe("healthy");
});

test("in any history, a peer that is out is tried again within the longest time out", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.nat(40_000), ok: fc.boolean() }), { maxLength: 60 }), (steps) => {
      const peer = new Fixture();
      for (const { wait, ok } of steps) {
        peer.time += wait;
        if (ok) peer.succeed();
        else peer.fail();
        expect(peer.out()).toBeLessThanOrEqual(30_000);
      }
    }),
  );
});
