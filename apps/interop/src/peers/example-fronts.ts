import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { exampleConfiguration } from "../examples.ts";
import type { Places } from "../examples.ts";
import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

const ROOT = process.getuid?.() === 0;
const MODULES = "/usr/lib/apache2/modules";

/** What Debian's Apache enables by itself, as far as it matters here. */
const LOADED = ["mpm_event", "authz_core", "authz_host", "authn_core", "auth_basic", "mime", "dir", "env"];

/** Starts a web server with a configuration of the examples, in a folder of its own. */
export type StartFront = (folder: string, places: Places) => Promise<Program>;

/** What nginx makes of a request of 70 KiB of headers depends on this. */
const LARGE_HEADERS = "large_client_header_buffers 16 16k;";

/** nginx with an example, changed if wanted. */
export function startExampleNginx(
  example = "nginx.conf",
  change: (configuration: string) => string = (configuration) => configuration,
): StartFront {
  return (folder, places) => startNginx(folder, places, change(exampleConfiguration(example, places)));
}

const startNginx = (folder: string, places: Places, example: string): Promise<Program> => {
  const prefix = own(folder, "nginx");
  const temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${prefix}/${kind};`,
  );
  const configuration = write(
    prefix,
    `daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log warn;
${ROOT ? "user www-data;" : ""}
events { worker_connections 1024; }
http {
  access_log off;
  ${LARGE_HEADERS}
  ${temporary.join("\n  ")}
${example.replaceAll(/include (fastcgi|scgi)_params;/g, "include /etc/nginx/$1_params;")}
}
`,
  );
  const nginx = requireProgram(["nginx"], "nginx");
  return startProgram(nginx, ["-e", `${prefix}/error.log`, "-p", prefix, "-c", configuration], ready(places));
};

/** Apache with an example, changed if wanted, and the modules that it takes. */
export function startExampleApache(
  example: string,
  modules: readonly string[],
  change: (configuration: string) => string = (configuration) => configuration,
): StartFront {
  return (folder, places) => {
    const prefix = own(folder, "apache");
    const configuration = write(
      prefix,
      `${[...LOADED, ...modules].map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
ServerName localhost
PidFile ${prefix}/apache2.pid
ErrorLog ${prefix}/error.log
DefaultRuntimeDir ${prefix}
${ROOT ? "User www-data\nGroup www-data" : ""}
TypesConfig /etc/mime.types
${modules.includes("cgid") ? `ScriptSock ${prefix}/cgid.sock` : ""}
${modules.includes("fcgid") ? `FcgidIPCDir ${prefix}/fcgid\nFcgidProcessTableFile ${prefix}/fcgid_shm` : ""}
${change(exampleConfiguration(example, places))}`,
    );
    const apache = requireProgram(["apache2"], "apache2");
    return startProgram(apache, ["-D", "FOREGROUND", "-d", prefix, "-f", configuration], ready(places));
  };
}

export function startExampleLighttpd(
  example: string,
  change: (configuration: string) => string = (configuration) => configuration,
): StartFront {
  return (folder, places) => {
    const prefix = own(folder, "lighttpd");
    const configuration = write(
      prefix,
      `${change(exampleConfiguration(example, places))}
server.upload-dirs = ( "${prefix}" )
${ROOT ? 'server.username = "www-data"\nserver.groupname = "www-data"' : ""}
`,
    );
    return startProgram(requireProgram(["lighttpd"], "lighttpd"), ["-D", "-f", configuration], ready(places));
  };
}

export const startExampleHaproxy: StartFront = (folder, places) =>
  startHaproxy(folder, places, exampleConfiguration("haproxy.cfg", places));

/** HAProxy with its example, changed. */
export function startChangedHaproxy(change: (configuration: string) => string): StartFront {
  return (folder, places) => startHaproxy(folder, places, change(exampleConfiguration("haproxy.cfg", places)));
}

function startHaproxy(folder: string, places: Places, example: string): Promise<Program> {
  const prefix = own(folder, "haproxy");
  const configuration = write(prefix, example);
  return startProgram(requireProgram(["haproxy"], "haproxy"), ["-db", "-f", configuration], ready(places));
}

export const startExampleCaddy: StartFront = (folder, places) =>
  startCaddy(folder, places, exampleConfiguration("Caddyfile", places));

/** Caddy with its example, for every host that is asked for. */
export const startCaddyForAll: StartFront = (folder, places) => {
  const example = exampleConfiguration("Caddyfile", places);
  return startCaddy(folder, places, example.replace("http://127.0.0.1:", "http://:"));
};

function startCaddy(folder: string, places: Places, example: string): Promise<Program> {
  const prefix = own(folder, "caddy");
  const options = `{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n`;
  const configuration = write(prefix, `${options}${example}`);
  const caddy = requireProgram(["caddy"], "caddy");
  const environment = { ...process.env, XDG_DATA_HOME: prefix, XDG_CONFIG_HOME: prefix };
  return startProgram(caddy, ["run", "--adapter", "caddyfile", "--config", configuration], ready(places), environment);
}

function own(folder: string, name: string): string {
  const prefix = join(folder, `${name}-front`);
  mkdirSync(prefix, { recursive: true });
  chmodSync(prefix, 0o777); // the web server is another user
  return prefix;
}

function write(prefix: string, text: string): string {
  const path = join(prefix, "configuration");
  writeFileSync(path, text);
  return path;
}

function ready({ port }: Places): { port: number; host: string } {
  return { port, host: "127.0.0.1" };
}
