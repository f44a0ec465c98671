import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

export interface ApacheOptions {
  port: number;
  /** The application's socket. */
  socket: string;
  root: string;
  /** The access log's file, in Debian's Combined format. @default none */
  accessLog?: string;
}

/** What one Apache has that another has not. */
export interface ApacheKind {
  port: number;
  root: string;
  /** Names of modules, without `mod_`. */
  modules: readonly string[];
  index: string;
  /** The rest of its configuration. */
  more: (prefix: string) => string;
}

/** Debian's place of the modules. */
export const MODULES = "/usr/lib/apache2/modules";

/** Of Debian's apache2.conf. */
const COMBINED = String.raw`LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined`;

/** Starts Apache with the event MPM as Debian ships it, PHP by mod_proxy_fcgi. */
export function startApache(folder: string, name: string, options: ApacheOptions): Promise<Program> {
  const { port, root, socket, accessLog } = options;
  // What Debian enables by itself, as far as it matters here, and mod_proxy_fcgi.
  const modules = ["mpm_event", "authz_core", "mime", "dir", "proxy", "proxy_fcgi"];
  const log = accessLog === undefined ? "" : `${COMBINED}\nCustomLog ${accessLog} combined`;
  const more = (): string => `${log}
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadsPerChild 25
MaxRequestWorkers 150
<FilesMatch "\\.php$">
  SetHandler "proxy:unix:${socket}|fcgi://localhost"
</FilesMatch>`;
  return startApacheOf(folder, name, { port, root, modules, index: "index.php index.html", more });
}

/** Starts an Apache with nothing of the machine's configuration. */
export function startApacheOf(folder: string, name: string, kind: ApacheKind): Promise<Program> {
  const apache = requireProgram(["apache2"], "apache2");
  const prefix = join(folder, `${name}-apache`);
  mkdirSync(prefix, { recursive: true });
  const configuration = join(prefix, "apache2.conf");
  const { port, root, modules, index, more } = kind;
  writeFileSync(
    configuration,
    `${modules.map((module) => `LoadModule ${module}_module ${MODULES}/mod_${module}.so`).join("\n")}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${prefix}/apache2.pid
ErrorLog ${prefix}/error.log
DefaultRuntimeDir ${prefix}
${process.getuid?.() === 0 ? "User www-data\nGroup www-data" : ""}
TypesConfig /etc/mime.types
KeepAlive On
MaxKeepAliveRequests 0
DocumentRoot ${root}
DirectoryIndex ${index}
<Directory ${root}>
  Require all granted
</Directory>
${more(prefix)}
`,
  );
  const ready = { port, host: "127.0.0.1" };
  // In a group of its own: the prefork MPM ends with a SIGTERM to all of its group.
  return startProgram("setsid", [apache, "-D", "FOREGROUND", "-d", prefix, "-f", configuration], ready);
}
