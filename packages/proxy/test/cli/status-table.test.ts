import { expect, test } from "vitest";

import type { PeerStatus, ProxyStatus } from "../../src/admin/status.ts";
import { duration, statusTable } from "../../src/cli/status-table.ts";

const peer: PeerStatus = {
  address: "unix:/run/a.sock",
  state: "healthy",
  active: 3,
  capacity: 32,
  weight: 1,
  slowStart: 1,
  backup: false,
  requests: 300,
  fails: 0,
  connections: 1,
  idle: 0,
};

const status: ProxyStatus = {
  version: "1.2.3",
  pid: 10,
  workerPid: 11,
  startedAt: 1_000_000,
  addresses: ["http://127.0.0.1:8080"],
  connections: 1,
  active: 3,
  requests: 400,
  upstreams: [
    {
      name: "app",
      active: 3,
      queued: 2,
      queue: 256,
      requests: 400,
      retries: 1,
      peers: [
        peer,
        { ...peer, address: "tcp://10.0.0.6:9000", capacity: undefined, weight: 2, slowStart: 0.35, requests: 100 },
        {
          ...peer,
          address: "tcp://10.0.0.7:9000",
          state: "drained",
          slowStart: 0,
          requests: 0,
          active: 0,
          backup: true,
        },
      ],
    },
    {
      name: "php",
      active: 0,
      queued: 0,
      queue: 8,
      requests: 0,
      retries: 0,
      peers: [{ ...peer, state: "sole", requests: 0 }],
    },
  ],
  processes: [
    {
      name: "php",
      kind: "php-fpm",
      state: "waiting",
      address: "unix:/run/php.sock",
      user: "www-data",
      pid: undefined,
      restarts: 4,
      startedAt: 1_000_000,
      lastExit: "ended by SIGSEGV\u001b[2J",
    },
  ],
};

test("a table of addresses with their upstreams, and one of processes", () => {
  expect(statusTable(status, 1_000_000 + 7_500_000)).toEqual([
    "x-proxy 1.2.3, process 10 (worker 11), up 2 h 5 min",
    "  http://127.0.0.1:8080, 1 connection, 3 running, 400 requests taken",
    "",
    "UPSTREAM  WAIT   RETRIES  PEER                 STATE    ACTIVE  WEIGHT     REQUESTS  SHARE  FAILS",
    "app       2/256  1        unix:/run/a.sock     healthy  3/32    1          300       75 %   0",
    "                          tcp://10.0.0.6:9000  healthy  3       2 at 35 %  100       25 %   0",
    "                          tcp://10.0.0.7:9000  drained  0/32    1 backup   0         0 %    0",
    "php       0/8    0        unix:/run/a.sock     sole     3/32    1          0         -      0",
    "",
    "PROCESS  STATE    PID  UP  RESTARTS  LISTENS ON          LAST END",
    String.raw`php      waiting  -    -   4         unix:/run/php.sock  ended by SIGSEGV\x1b[2J`,
  ]);
});

test("without upstreams and processes there are no tables; a worker that is missing is told of", () => {
  const lines = statusTable({ ...status, workerPid: undefined, upstreams: [], processes: [] }, 1_000_000);
  expect(lines).toEqual([
    "x-proxy 1.2.3, process 10, whose worker starts again, up 0 s",
    "  http://127.0.0.1:8080, 1 connection, 3 running, 400 requests taken",
  ]);
});

test.each([
  [-5, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_599_999, "59 min"],
  [86_399_999, "23 h 59 min"],
  [2 * 86_400_000, "2 d 0 h"],
])("%i ms are %s", (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});
