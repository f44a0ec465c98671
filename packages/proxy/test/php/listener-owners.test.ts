import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { listenerOwners } from "../../src/php/listener-owners.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 111 1 0000000000000000 100 0 0 10 0
   1: 0100007F:2328 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1002        0 112 1 0000000000000000 20 4 30 10 -1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 113 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 114 1 0000000000000000 100 0 0 10 0
`;

test("[TJ05] those who listen on a port, not those who are connected to it", () => {
  expect(listenerOwners(9000, [TCP])).toEqual([1001]);
  expect(listenerOwners(9000, [TCP, TCP6])).toEqual([1001, 0]);
  expect(listenerOwners(8080, [TCP, TCP6])).toEqual([0]);
  expect(listenerOwners(9001, [TCP, TCP6])).toEqual([]);
  expect(listenerOwners(9000, [""])).toEqual([]);
});

test.runIf(process.platform === "linux")("[TJ05] ourselves", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  expect(listenerOwners((server.address() as AddressInfo).port)).toEqual([process.getuid?.()]);
});
