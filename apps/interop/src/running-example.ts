import { chownSync } from "node:fs";
import { join } from "node:path";

import { exampleApplication, stageExample } from "./examples.ts";
import { freePort } from "./free-port.ts";
import { send } from "./http.ts";
import type { Answer, Send } from "./http.ts";
import type { StartFront } from "./peers/example-fronts.ts";
import { startProgram } from "./program.ts";
import type { Program } from "./program.ts";
import { temporaryFolder } from "./temporary.ts";

/** An example in its web server. */
export interface Running {
  ask(path: string, options?: Send): Promise<Answer>;
  url: string;
  application: Program | undefined;
  /** Stops the web server and starts it again; the application stays. */
  restartServer(): Promise<void>;
  stop(): Promise<void>;
}

/** How an application is started, and which. */
export interface RunningOptions {
  /** The web server starts it. */
  readonly spawns?: boolean;
  readonly tcp?: boolean;
  readonly scgi?: boolean;
  /** More for `x-responder`. */
  readonly args?: readonly string[];
  /** Of the examples. @default "app.mjs" */
  readonly module?: string;
  /** The path of another module. */
  readonly path?: string;
}

const COMMAND = join(import.meta.dirname, "../../../packages/responder/bin/x-responder.cjs");

/** Starts the application by `x-responder`, unless the web server does, and a web server before it. */
export async function startRunning(front: StartFront, more: RunningOptions = {}): Promise<Running> {
  const folder = temporaryFolder();
  if (process.getuid?.() === 0) chownSync(folder.path, 33, 33); // Debian's www-data makes its sockets here
  const module = more.path ?? exampleApplication(more.module ?? "app.mjs");
  const { site, command } = stageExample(folder.path, module);
  const [port, tcpPort] = [await freePort(), await freePort()];
  const socket = join(folder.path, "app.sock");
  let application: Program | undefined;
  if (more.spawns !== true) {
    const listen = more.tcp === true ? `tcp://127.0.0.1:${tcpPort}` : `unix:${socket}`;
    const address = more.scgi === true ? `scgi+${listen}` : listen;
    const args = [COMMAND, module, "--listen", address, ...(more.args ?? [])];
    const place = more.tcp === true ? { port: tcpPort, host: "127.0.0.1" } : { path: socket };
    application = await startProgram(process.execPath, args, place);
  }
  const start = (): Promise<Program> =>
    front(folder.path, { port, socket, site, command, tcp: `127.0.0.1:${tcpPort}` });
  let server = await start().catch(async (error: unknown) => {
    await application?.stop();
    folder.remove();
    throw error;
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    application,
    ask: (path, options) => send(url, path, options),
    async restartServer() {
      await server.stop();
      server = await start();
    },
    async stop() {
      await server.stop();
      await application?.stop();
      folder.remove();
    },
  };
}
