import { describe, expect, test } from "vitest";

import { type AllowanceRules, Client, ClientTable } from "../../src/access/client-table.ts";

function table(rules: Partial<AllowanceRules>, most?: number): ClientTable {
  return new ClientTable({ requests: Infinity, per: 1_000, burst: Infinity, concurrent: Infinity, ...rules }, most);
}

/** Lets a client ask, and end at once. */
function ask(clients: ClientTable, key: string, now: number): true | number {
  const entered = clients.enter(key, now);
  if (!(entered instanceof Client)) return entered;
  entered.leave();
  return true;
}

describe("[TI07] requests of a client", () => {
  test("as many at once as the burst, then one for each part of the time", () => {
    const clients = table({ requests: 2, burst: 3 });
    expect([0, 0, 0].map((now) => ask(clients, "a", now))).toEqual([true, true, true]);
    expect(ask(clients, "a", 0)).toBe(500);
    expect(ask(clients, "a", 400)).toBe(100);
    expect(ask(clients, "a", 500)).toBe(true);
    expect(ask(clients, "a", 500)).toBe(500);
  });

  test.each([0, 1_234.567_89, 987_654_321.123_456])("fractions take none away, at %d", (now) => {
    const clients = table({ requests: 3, burst: 7 });
    for (let at = 0; at < 7; at++) expect(ask(clients, "a", now)).toBe(true);
    expect(ask(clients, "a", now)).toBeCloseTo(1_000 / 3);
  });

  test("a long pause gives no more than the burst", () => {
    const clients = table({ requests: 2, burst: 3 });
    expect(ask(clients, "a", 0)).toBe(true);
    expect([1e9, 1e9, 1e9].map((now) => ask(clients, "a", now))).toEqual([true, true, true]);
    expect(ask(clients, "a", 1e9)).toBe(500);
  });

  test("a request that was too much costs nothing", () => {
    const clients = table({ requests: 1, burst: 1 });
    expect(ask(clients, "a", 0)).toBe(true);
    for (let now = 0; now < 1_000; now += 100) expect(ask(clients, "a", now)).toBe(1_000 - now);
    expect(ask(clients, "a", 1_000)).toBe(true);
  });

  test("each client has its own", () => {
    const clients = table({ requests: 1, burst: 1 });
    expect(["a", "b", "a"].map((key) => ask(clients, key, 0))).toEqual([true, true, 1_000]);
  });

  test("that run at once are counted until they are over", () => {
    const clients = table({ concurrent: 2 });
    const [one, two] = [clients.enter("a", 0), clients.enter("a", 0)];
    expect([one, two, clients.enter("b", 0)].every((it) => it instanceof Client)).toBe(true);
    expect(clients.enter("a", 0)).toBe(1_000);
    (one as Client).leave();
    expect(clients.enter("a", 0)).toBe(two);
  });
});

describe("[TI07] what is remembered", () => {
  test("whoever has not come for as long as the allowance takes to fill is forgotten", () => {
    const clients = table({ requests: 1, burst: 10 });
    for (let at = 0; at < 100; at++) ask(clients, `${at}`, 0);
    expect(clients.size).toBe(100);
    ask(clients, "a", 10_000);
    ask(clients, "a", 20_000);
    expect(clients.size).toBe(2);
  });

  test("but nobody whose allowance is not full", () => {
    const clients = table({ requests: 1, burst: 10 });
    ask(clients, "x", 0);
    for (let at = 0; at < 10; at++) expect(ask(clients, "a", 9_999)).toBe(true);
    expect(ask(clients, "a", 10_000)).toBeGreaterThan(0);
    expect(ask(clients, "a", 10_999)).toBe(true);
  });

  test("nor who has requests that run, however long they do", () => {
    const clients = table({ concurrent: 1 });
    const running = clients.enter("a", 0) as Client;
    for (let now = 0; now < 10_000; now += 500) ask(clients, "b", now);
    expect(clients.enter("a", 10_000)).toBe(1_000);
    running.leave();
    expect(clients.enter("a", 10_000)).toBe(running);
  });

  test("of more clients than fit, the first are forgotten", () => {
    const clients = table({ requests: 1, burst: 1 }, 100);
    for (let at = 0; at < 10_000; at++) ask(clients, `${at}`, 0);
    expect(clients.size).toBeLessThanOrEqual(200);
    expect(ask(clients, "9999", 0)).toBe(1_000);
  });
});
