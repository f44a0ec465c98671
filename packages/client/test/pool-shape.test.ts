import { expect, test } from "vitest";

import { poolShape } from "../src/pool-shape.ts";

const UNKNOWN = { capacity: undefined, multiplex: 1, connections: undefined };

test("unknown capacity: one request a connection, 32 at once", () => {
  expect(poolShape(UNKNOWN)).toEqual({
    keep: false,
    multiplex: 1,
    maxActive: 32,
    maxConnections: 32,
    maxIdle: 0,
    idleTime: 1_000,
    maxAge: 1_000,
  });
  expect(poolShape({ ...UNKNOWN, connections: 4 })).toMatchObject({ keep: false, maxActive: 4, maxIdle: 0 });
  expect(poolShape({ ...UNKNOWN, connections: 100 })).toMatchObject({ maxActive: 32, maxConnections: 32 });
});

test.for([
  { capacity: 1, maxIdle: 1 },
  { capacity: 2, maxIdle: 1 },
  { capacity: 5, maxIdle: 4 },
  { capacity: 64, maxIdle: 63 },
])("known capacity $capacity: busy and idle together, $maxIdle idle, a second long", ({ capacity, maxIdle }) => {
  expect(poolShape({ ...UNKNOWN, capacity })).toEqual({
    keep: true,
    multiplex: 1,
    maxActive: capacity,
    maxConnections: capacity,
    maxIdle,
    idleTime: 1_000,
    maxAge: 1_000,
  });
});

test("known capacity and fewer connections: the connections count", () => {
  expect(poolShape({ capacity: 10, multiplex: 1, connections: 3 })).toMatchObject({
    maxActive: 3,
    maxConnections: 3,
    maxIdle: 3,
  });
});

test.for([
  { options: { multiplex: 32 }, maxConnections: 1, maxActive: 32 },
  { options: { multiplex: 32, capacity: 64 }, maxConnections: 2, maxActive: 64 },
  { options: { multiplex: 32, capacity: 33 }, maxConnections: 2, maxActive: 33 },
  { options: { multiplex: 32, capacity: 5 }, maxConnections: 1, maxActive: 5 },
  { options: { multiplex: 8, connections: 3 }, maxConnections: 3, maxActive: 24 },
  { options: { multiplex: 8, connections: 3, capacity: 10 }, maxConnections: 3, maxActive: 10 },
])("multiplexing $options: kept for a minute, however old", ({ options, maxConnections, maxActive }) => {
  expect(poolShape({ ...UNKNOWN, ...options })).toEqual({
    keep: true,
    multiplex: options.multiplex,
    maxActive,
    maxConnections,
    maxIdle: maxConnections,
    idleTime: 60_000,
    maxAge: 3_600_000,
  });
});
