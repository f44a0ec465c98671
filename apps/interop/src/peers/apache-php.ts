import { requireProgram } from "../program.ts";
import type { Program } from "../program.ts";
import { MODULES, startApacheOf } from "./apache.ts";

/** Apache with a PHP of its own. */
export interface ApachePhpOptions {
  port: number;
  /** The document root, with PHP files. */
  root: string;
  /** PHP processes. */
  children: number;
}

/** Starts Apache with PHP inside (mod_php), which needs a process for each connection: the prefork MPM. */
export function startApacheModPhp(folder: string, name: string, options: ApachePhpOptions): Promise<Program> {
  const modules = ["mpm_prefork", "authz_core", "mime", "dir"];
  const { port, root } = options;
  return startApacheOf(folder, name, { port, root, modules, index: "index.php", more: () => modPhp(options) });
}

/** Starts Apache with the event MPM and PHP behind it by mod_fcgid, which starts php-cgi itself. */
export function startApacheFcgid(folder: string, name: string, options: ApachePhpOptions): Promise<Program> {
  const modules = ["mpm_event", "authz_core", "mime", "dir", "fcgid"];
  const { port, root } = options;
  const more = (prefix: string): string => modFcgid(prefix, options);
  return startApacheOf(folder, name, { port, root, modules, index: "index.php", more });
}

function modPhp({ children }: ApachePhpOptions): string {
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
