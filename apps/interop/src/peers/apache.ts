import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

export interface ApacheOptions {
  port: number;
  /** The application's socket. */
  socket: string;
  root: string;
}

/** Debian's place of the modules. */
const MODULES = "/usr/lib/apache2/modules";

/** What Debian enables by itself, as far as it matters here, and mod_proxy_fcgi. */
const LOADED = ["mpm_event", "authz_core", "mime", "dir", "proxy", "proxy_fcgi"];

/** Starts Apache with the event MPM as Debian ships it, PHP by mod_proxy_fcgi. */
export function startApache(folder: string, name: string, options: ApacheOptions): Promise<Program> {
  const apache = requireProgram(["apache2"], "apache2");
  const prefix = join(folder, `${name}-apache`);
  mkdirSync(prefix, { recursive: true });
  const configuration = join(prefix, "apache2.conf");
  writeFileSync(configuration, apacheConfiguration(prefix, options));
  const ready = { port: options.port, host: "127.0.0.1" };
  return startProgram(apache, ["-D", "FOREGROUND", "-d", prefix, "-f", configuration], ready);
}

function apacheConfiguration(prefix: string, { port, socket, root }: ApacheOptions): string {
  return `${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${prefix}/apache2.pid
ErrorLog ${prefix}/error.log
DefaultRuntimeDir ${prefix}
${process.getuid?.() === 0 ? "User www-data\nGroup www-data" : ""}
TypesConfig /etc/mime.types
KeepAlive On
MaxKeepAliveRequests 0
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadsPerChild 25
MaxRequestWorkers 150
DocumentRoot ${root}
DirectoryIndex index.php index.html
<Directory ${root}>
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler "proxy:unix:${socket}|fcgi://localhost"
</FilesMatch>
`;
}
