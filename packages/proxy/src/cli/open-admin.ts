import { dirname } from "node:path";

import { isFastCGIError } from "@x/protocol/errors";

import { adminSocketPath, clearDeadSockets } from "../admin/admin-place.ts";
import { AdminServer } from "../admin/admin-server.ts";
import { prepareBase } from "../processes/run-folder.ts";
import type { ProxyServer } from "../server.ts";
import type { Log } from "./log.ts";

/**
 * Opens the admin socket of a server that listens. That there is none by default is no reason not to serve.
 *
 * @param path as the user wants it; undefined: where the commands look for it
 * @throws `FCGI_ERR_LISTEN` when there can be none where the user wants it
 */
export async function openAdmin(
  server: ProxyServer,
  path: string | undefined,
  log: Log,
): Promise<AdminServer | undefined> {
  if (server.config.admin === false && path === undefined) return undefined;
  const wanted = path ?? (server.config.admin === false ? undefined : server.config.admin.socket);
  if (wanted !== undefined) return AdminServer.open(wanted, server);
  try {
    const usual = adminSocketPath(server.addresses);
    const base = dirname(usual);
    prepareBase(base);
    await clearDeadSockets(base);
    return await AdminServer.open(usual, server).catch((error: unknown) => {
      // One that listens on the same port of another address.
      if (!isFastCGIError(error, "FCGI_ERR_LISTEN")) throw error;
      return AdminServer.open(usual.replace(/\.sock$/, `-${process.pid}.sock`), server);
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.write("warn", `x-proxy status and drain will not find this server: ${why}`, { event: "no-admin" });
    return undefined;
  }
}
