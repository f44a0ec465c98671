import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { FastCGIRouteConfig, ProxyConfig } from "../../src/config/define-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import type { Listen } from "./http-server.ts";
import { RawClient } from "./raw-client.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A gateway before a scripted application, and a client of it. */
export interface Served {
  readonly client: RawClient;
  readonly backend: ScriptedBackend;
  readonly gateway: Gateway;
  readonly port: number;
}

export const HEAD = "Content-Type: text/plain\r\n\r\n";
export const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
export const LAST = "Connection: close\r\n";

/** A response without the headers of node:http's own. */
export function plain(response: string): string {
  return response.replace(/(?:Date|Keep-Alive): .*\r\n/g, "");
}

/** Starts them. */
export async function serveBy(
  listen: Listen,
  script: Script,
  route: Partial<FastCGIRouteConfig> = {},
  config: Partial<ProxyConfig> = {},
): Promise<Served> {
  const backend = await ScriptedBackend.listen(script);
  const root = temporaryFolder();
  writeFileSync(join(root, "file.css"), "body{}");
  const { port, gateway } = await listen({
    root,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ match: "/file.css", static: true }, { fastcgi: { upstream: "app", ...route } }],
    errors: "plain",
    ...config,
  });
  return { client: new RawClient(port), backend, gateway, port };
}

/** With a front. */
export type Serve = (
  script: Script,
  route?: Partial<FastCGIRouteConfig>,
  config?: Partial<ProxyConfig>,
) => Promise<Served>;
