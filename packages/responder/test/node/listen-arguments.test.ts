import { expect, test } from "vitest";

import { toListenAddress } from "../../src/node/listen-arguments.ts";

test.each<[unknown[], object]>([
  [[], {}],
  [[() => {}], {}],
  [["unix:/run/app.sock"], { listen: "unix:/run/app.sock" }],
  [["tcp://127.0.0.1:9000", () => {}], { listen: "tcp://127.0.0.1:9000" }],
  [["/run/app.sock"], { listen: "unix:/run/app.sock" }],
  [[9000], { listen: "tcp://127.0.0.1:9000" }],
  [["9000", "::1"], { listen: "tcp://[::1]:9000" }],
  [[9000, "10.0.0.1", 16], { listen: "tcp://10.0.0.1:9000", backlog: 16 }],
  [[9000, 16], { listen: "tcp://127.0.0.1:9000", backlog: 16 }],
  [[{ port: 0, host: "127.0.0.1", backlog: 1 }], { listen: "tcp://127.0.0.1:0", backlog: 1 }],
  [[{ path: "/run/app.sock" }], { listen: "unix:/run/app.sock" }],
])("[V26] listen(%j)", (given, expected) => {
  expect(toListenAddress(given)).toEqual(expected);
});
