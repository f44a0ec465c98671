import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** Apache with a PHP of its own, with nothing of the machine's configuration. */
export interface ApachePhpOptions {
  port: number;
  /** The document root, with PHP files. */
  root: string;
  /** PHP processes. */
  children: number;
}

/** Debian's place of the modules. */
const MODULES = "/usr/lib/apache2/modules";

/** Starts Apache with PHP inside (mod_php), which needs a process for each connection: the prefork MPM. */
export function startApacheModPhp(folder: string, name: string, options: ApachePhpOptions): Promise<Program> {
  return start(folder, name, options, ["mpm_prefork", "authz_core", "mime", "dir"], modPhp);
}

/** Starts Apache with the event MPM and PHP behind it by mod_fcgid, which starts php-cgi itself. */
export function startApacheFcgid(folder: string, name: string, options: ApachePhpOptions): Promise<Program> {
  return start(folder, name, options, ["mpm_event", "authz_core", "mime", "dir", "fcgid"], modFcgid);
}

function modPhp(_prefix: string, { children }: ApachePhpOptions): string {
  return `LoadModule php_module ${MODULES}/libphp8.2.so
StartServers ${children}
MinSpareServers ${children}
MaxSpareServers 64
MaxRequestWorkers 64
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>`;
}

function modFcgid(prefix: string, { children, root }: ApachePhpOptions): string {
  const php = requireProgram(["php-cgi8.2", "php-cgi"], "php-cgi");
  return `FcgidIPCDir ${prefix}/fcgid
FcgidProcessTableFile ${prefix}/fcgid_shm
FcgidMaxProcesses ${children}
FcgidMinProcessesPerClass ${children}
FcgidMaxProcessesPerClass ${children}
FcgidMaxRequestsPerProcess 0
FcgidInitialEnv PHP_FCGI_MAX_REQUESTS 0
<Directory ${root}>
  Options +ExecCGI
  <FilesMatch "\\.php$">
    SetHandler fcgid-script
    FcgidWrapper ${php} .php
  </FilesMatch>
</Directory>`;
}

function start(
  folder: string,
  name: string,
  options: ApachePhpOptions,
  modules: readonly string[],
  more: (prefix: string, options: ApachePhpOptions) => string,
): Promise<Program> {
  const apache = requireProgram(["apache2"], "apache2");
  const prefix = join(folder, `${name}-apache`);
  mkdirSync(prefix, { recursive: true });
  const configuration = join(prefix, "apache2.conf");
  const { port, root } = options;
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
DirectoryIndex index.php
<Directory ${root}>
  Require all granted
</Directory>
${more(prefix, options)}
`,
  );
  const ready = { port, host: "127.0.0.1" };
  // In a group of its own: the prefork MPM ends with a SIGTERM to all of its group.
  return startProgram("setsid", [apache, "-D", "FOREGROUND", "-d", prefix, "-f", configuration], ready);
}
