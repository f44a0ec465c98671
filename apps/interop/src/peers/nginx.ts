import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

export interface NginxOptions {
  port: number;
  /** The application's socket. */
  socket: string;
  /** The document root that it tells the application. */
  root: string;
  /** Idle connections kept to the application; 0 is nginx as shipped: one connection a request. */
  keepAlive: number;
  /** A UNIX socket to listen on as well. */
  listenPath?: string;
  /** `client_max_body_size`; nginx's own default is 1m. @default "64m" */
  maxBody?: string;
  /** The access log's file, written as Debian has it: Combined, unbuffered. @default none */
  accessLog?: string;
  /** A path below which it sends the files of `root` itself, as Debian has it: by sendfile. */
  files?: string;
}

/** The params of nginx's own `fastcgi.conf`. */
const PARAMS: readonly (readonly [string, string])[] = [
  ["SCRIPT_FILENAME", "$document_root$fastcgi_script_name"],
  ["QUERY_STRING", "$query_string"],
  ["REQUEST_METHOD", "$request_method"],
  ["CONTENT_TYPE", "$content_type"],
  ["CONTENT_LENGTH", "$content_length"],
  ["SCRIPT_NAME", "$fastcgi_script_name"],
  ["REQUEST_URI", "$request_uri"],
  ["DOCUMENT_URI", "$document_uri"],
  ["DOCUMENT_ROOT", "$document_root"],
  ["SERVER_PROTOCOL", "$server_protocol"],
  ["REQUEST_SCHEME", "$scheme"],
  ["GATEWAY_INTERFACE", "CGI/1.1"],
  ["SERVER_SOFTWARE", "nginx/$nginx_version"],
  ["REMOTE_ADDR", "$remote_addr"],
  ["REMOTE_PORT", "$remote_port"],
  ["SERVER_ADDR", "$server_addr"],
  ["SERVER_PORT", "$server_port"],
  ["SERVER_NAME", "$server_name"],
  ["REDIRECT_STATUS", "200"],
];

/** Starts nginx with one worker in front of one application. */
export function startNginx(folder: string, name: string, options: NginxOptions): Promise<Program> {
  const nginx = requireProgram(["nginx"], "nginx");
  const prefix = join(folder, `${name}-nginx`);
  mkdirSync(prefix, { recursive: true });
  const configuration = join(prefix, "nginx.conf");
  writeFileSync(configuration, nginxConfiguration(prefix, options));
  const ready = { port: options.port, host: "127.0.0.1" };
  return startProgram(nginx, ["-e", `${prefix}/error.log`, "-p", prefix, "-c", configuration], ready);
}

function nginxConfiguration(prefix: string, options: NginxOptions): string {
  const { port, socket, root, keepAlive, listenPath, maxBody = "64m", accessLog, files } = options;
  const keep = keepAlive > 0 ? `keepalive ${keepAlive}; keepalive_requests 1000000;` : "";
  const temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${prefix}/${kind};`,
  );
  return `daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log warn;
${process.getuid?.() === 0 ? "user www-data;" : ""}
events { worker_connections 1024; }
http {
  access_log ${accessLog ?? "off"};
  ${files === undefined ? "" : "include /etc/nginx/mime.types; sendfile on; tcp_nopush on;"}
  ${temporary.join("\n  ")}
  keepalive_requests 1000000;
  client_max_body_size ${maxBody};
  upstream application { server unix:${socket}; ${keep} }
  server {
    listen 127.0.0.1:${port} backlog=511;
    ${listenPath === undefined ? "" : `listen unix:${listenPath} backlog=511;`}
    server_name localhost;
    root ${root};
    ${files === undefined ? "" : `location ${files} {}`}
    location / {
      ${PARAMS.map(([name, value]) => `fastcgi_param ${name} ${value};`).join("\n      ")}
      fastcgi_keep_conn ${keepAlive > 0 ? "on" : "off"};
      fastcgi_pass application;
    }
  }
}
`;
}
