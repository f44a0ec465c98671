import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

export interface CaddyOptions {
  port: number;
  /** The application's socket. */
  socket: string;
  root: string;
  /** The access log's file, in Caddy's own format. @default none */
  accessLog?: string;
}

/** Starts Caddy with `php_fastcgi` and `file_server`, as its documentation says. */
export function startCaddy(
  folder: string,
  name: string,
  { port, socket, root, accessLog }: CaddyOptions,
): Promise<Program> {
  const caddy = requireProgram(["caddy"], "caddy");
  const prefix = join(folder, `${name}-caddy`);
  mkdirSync(prefix, { recursive: true });
  const configuration = join(prefix, "Caddyfile");
  const log = accessLog === undefined ? "" : `\tlog {\n\t\toutput file ${accessLog}\n\t}\n`;
  const site = `http://127.0.0.1:${port} {\n${log}\troot * ${root}\n\tphp_fastcgi unix/${socket}\n\tfile_server\n}\n`;
  writeFileSync(configuration, `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
  const environment = { ...process.env, HOME: prefix, XDG_DATA_HOME: prefix, XDG_CONFIG_HOME: prefix };
  const args = ["run", "--config", configuration, "--adapter", "caddyfile"];
  return startProgram(caddy, args, { port, host: "127.0.0.1" }, environment);
}
