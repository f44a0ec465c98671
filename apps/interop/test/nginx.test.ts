// nginx in front of our responder.
import { chmodSync } from "node:fs";
import { join } from "node:path";

import { describe } from "vitest";

import { describeGateway } from "../src/behaviours/gateway.ts";
import type { RunningGateway } from "../src/behaviours/gateway.ts";
import { freePort } from "../src/free-port.ts";
import { needs } from "../src/needs.ts";
import { startNginx } from "../src/peers/nginx.ts";
import { startResponder } from "../src/peers/responder.ts";
import { temporaryFolder } from "../src/temporary.ts";

describe.runIf(needs("nginx", ["nginx"]))("nginx in front of @x/responder", () => {
  for (const keepAlive of [0, 8]) {
    const start = async (): Promise<RunningGateway> => {
      const folder = temporaryFolder();
      const socket = join(folder.path, "application.sock");
      const application = await startResponder(socket);
      chmodSync(socket, 0o666); // nginx's worker is another user
      const port = await freePort();
      const nginx = await startNginx(folder.path, "front", { port, socket, root: folder.path, keepAlive });
      const stop = async (): Promise<void> => {
        await nginx.stop();
        await application.stop();
        folder.remove();
      };
      return { url: `http://127.0.0.1:${port}`, path: "/application", stop };
    };
    describeGateway(keepAlive === 0 ? "a connection a request" : "connections kept", start);
  }
});
