import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { type Gateway, createGateway } from "../../src/gateway.ts";
import { nodeServerOptions, toNodeListener } from "../../src/node/index.ts";

/** A gateway behind `node:http` on a free port of this machine, ended with the test. */
export async function listen(config: ProxyConfig): Promise<{ port: number; gateway: Gateway }> {
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
}
