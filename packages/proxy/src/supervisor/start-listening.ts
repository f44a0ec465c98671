import type { Server } from "node:net";

import type { ListenPlace } from "../config/resolved-config.ts";
import { listenError } from "./listen-error.ts";

/**
 * Resolves when a server listens.
 *
 * @param listen makes it
 * @throws `FCGI_ERR_LISTEN`; its `cause` is the system's error
 */
export async function startListening(server: Server, wanted: ListenPlace, listen: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(wanted, error)));
    server.once("listening", resolve);
    listen();
  });
  server.removeAllListeners("error");
  // EMFILE while accepting and the like: the kernel keeps the connection waiting, and the next ones come.
  server.on("error", () => undefined);
}
