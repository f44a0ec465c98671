import { expect, test } from "vitest";

import { parseStatus } from "../../src/php-fpm/status.ts";

// As PHP 8.2.36 writes it.
const page = {
  pool: "www",
  "process manager": "dynamic",
  "start time": 1_795_434_234,
  "start since": 17,
  "accepted conn": 4,
  "listen queue": 1,
  "max listen queue": 2,
  "listen queue len": 511,
  "idle processes": 1,
  "active processes": 1,
  "total processes": 2,
  "max active processes": 2,
  "max children reached": 3,
  "slow requests": 5,
};
const worker = {
  pid: 22_225,
  state: "Idle",
  "start time": 1_795_434_234,
  "start since": 17,
  requests: 3,
  "request duration": 479,
  "request method": "GET",
  "request uri": "/index.php?a=1",
  "content length": 0,
  user: "-",
  script: "/srv/index.php",
  "last request cpu": 12.5,
  "last request memory": 2_097_152,
};

test("the page's words become names, its times dates", () => {
  expect(parseStatus(JSON.stringify(page))).toEqual({
    pool: "www",
    processManager: "dynamic",
    startTime: new Date("2026-11-23T11:43:54Z"),
    startSince: 17,
    acceptedConnections: 4,
    listenQueue: 1,
    maxListenQueue: 2,
    listenQueueLength: 511,
    idleProcesses: 1,
    activeProcesses: 1,
    totalProcesses: 2,
    maxActiveProcesses: 2,
    maxChildrenReached: 3,
    slowRequests: 5,
    memoryPeak: undefined,
    processes: undefined,
  });
});

test("the workers, and what newer versions add", () => {
  const status = parseStatus(JSON.stringify({ ...page, "memory peak": 7, processes: [worker] }));
  expect(status.memoryPeak).toBe(7);
  expect(status.processes).toEqual([
    {
      pid: 22_225,
      state: "Idle",
      startTime: new Date("2026-11-23T11:43:54Z"),
      startSince: 17,
      requests: 3,
      requestDuration: 479,
      requestMethod: "GET",
      requestUri: "/index.php?a=1",
      contentLength: 0,
      user: undefined,
      script: "/srv/index.php",
      lastRequestCpu: 12.5,
      lastRequestMemory: 2_097_152,
    },
  ]);
});

test.each(["", "pool: www", "null", "[]", '{"pool":"www"}', '{"accepted conn":1}'])("%j is no status page", (text) => {
  expect(() => parseStatus(text)).toThrow(expect.objectContaining({ code: "FCGI_ERR_BAD_ANSWER" }));
});
