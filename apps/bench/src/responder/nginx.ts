import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "interop/program";
import type { Program } from "interop/program";

/** Starts nginx with one worker, which keeps connections to one application and speaks HTTP or FastCGI to it. */
export function startFront(
  folder: string,
  name: string,
  options: { port: number; socket: string; protocol: "http" | "fastcgi" },
): Promise<Program> {
  const { port, socket, protocol } = options;
  const prefix = join(folder, `${name}-front`);
  mkdirSync(prefix, { recursive: true });
  const temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${prefix}/${kind};`,
  );
  const pass =
    protocol === "http"
      ? 'proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'
      : "include /etc/nginx/fastcgi_params; fastcgi_pass application; fastcgi_keep_conn on;";
  const configuration = join(prefix, "nginx.conf");
  writeFileSync(
    configuration,
    `daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log warn;
${process.getuid?.() === 0 ? "user www-data;" : ""}
events { worker_connections 2048; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  keepalive_requests 1000000000;
  upstream application { server unix:${socket}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} backlog=511; location / { ${pass} } location = /large { ${pass} proxy_buffering off; fastcgi_buffering off; } }
}
`,
  );
  const nginx = requireProgram(["nginx"], "nginx");
  return startProgram(nginx, ["-e", `${prefix}/error.log`, "-p", prefix, "-c", configuration], {
    port,
    host: "127.0.0.1",
  });
}
