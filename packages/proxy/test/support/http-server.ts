import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createNetServer } from "node:net";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { type Gateway, createGateway } from "../../src/gateway.ts";
import { nodeServerOptions, toNodeListener } from "../../src/node/index.ts";
import { Worker } from "../../src/worker/worker.ts";

/** What puts a gateway on a free port of this machine, ended with the test. */
export type Listen = (config: ProxyConfig) => Promise<{ port: number; gateway: Gateway }>;

/** Behind `node:http`. */
export const listenByNode: Listen = async (config) => {
  const gateway = createGateway(config);
  const listener = toNodeListener(gateway);
  const server = createServer(nodeServerOptions(config.limits), listener).on("checkContinue", listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await gateway.destroy();
  });
  return { port: (server.address() as AddressInfo).port, gateway };
};

/** Behind our own HTTP/1, as `x-proxy serve` does. */
export const listenByWorker: Listen = async (config) => {
  const worker = new Worker(expandConfig(config), Promise.resolve());
  const server = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => worker.accept(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await worker.destroy();
  });
  return { port: (server.address() as AddressInfo).port, gateway: worker.gateway };
};
