import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Places } from "../examples.ts";
import { stageExample } from "../examples.ts";
import { freePort } from "../free-port.ts";
import { needs } from "../needs.ts";
import {
  startCaddyForAll,
  startChangedHaproxy,
  startExampleApache,
  startExampleLighttpd,
  startExampleNginx,
} from "../peers/example-fronts.ts";
import type { StartFront } from "../peers/example-fronts.ts";
import { startXProxy } from "../peers/x-proxy.ts";
import { findProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";
import { temporaryFolder } from "../temporary.ts";

/** A web server that the corpus is sent to. */
export interface Server {
  readonly name: string;
  /** The program; undefined: ours. */
  readonly program?: string;
  /** What tells its version, and the one that DIFFERENCES.md is about: without what a distribution's repairs count up. */
  readonly version?: readonly [argument: string, pattern: RegExp, expected: string];
  readonly start: StartFront;
  /** It starts the application by itself. */
  readonly spawns?: true;
}

/** One that runs, in front of an application of its own. */
export interface RunningServer {
  readonly name: string;
  readonly url: string;
  /** What the application writes down. */
  readonly record: string;
  readonly places: Places;
  stop(): Promise<void>;
}

/** Our name in all tables. */
export const OURS = "x-proxy";

/** As their examples say, without what is there for the sake of streaming, and with Authorization as the server has it by itself. */
export const SERVERS: readonly Server[] = [
  { name: OURS, start: startOurs },
  {
    name: "nginx",
    program: "nginx",
    version: ["-v", /nginx\/(\d+\.\d+)/, "1.22"],
    start: (folder, places) =>
      startExampleNginx("nginx.conf", (text) =>
        text
          .replaceAll(/fastcgi_(?:request_)?buffering off;/g, "")
          // The sizes are nginx's own: those of the tests are larger.
          .replace("server {", `server {\n  root ${places.site}/public;\n  large_client_header_buffers 4 8k;`),
      )(folder, places),
  },
  {
    name: "Apache proxy_fcgi",
    program: "apache2",
    version: ["-v", /Apache\/(\d+\.\d+)/, "2.4"],
    start: (folder, places) =>
      startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"], (text) =>
        text.replace("CGIPassAuth On", "").replace("</Virt", `DocumentRoot ${places.site}/public\n</Virt`),
      )(folder, places),
  },
  {
    name: "Apache fcgid",
    program: "apache2",
    version: ["-v", /Apache\/(\d+\.\d+)/, "2.4"],
    start: startExampleApache("apache-fcgid.conf", ["fcgid"]),
    spawns: true,
  },
  {
    name: "lighttpd",
    program: "lighttpd",
    version: ["-v", /lighttpd\/(\d+\.\d+\.\d+)/, "1.4.69"],
    start: startExampleLighttpd("lighttpd.conf", (text) => text.replaceAll(/server\.stream-.*\n/g, "")),
  },
  {
    name: "HAProxy",
    program: "haproxy",
    version: ["-v", /version (\d+\.\d+)/, "2.6"],
    start: startChangedHaproxy((text) => text.replace("pass-header Authorization", "")),
  },
  { name: "Caddy", program: "caddy", version: ["version", /v?(\d+\.\d+)/, "2.6"], start: startCaddyForAll },
];

/** Is it there, in the version that is compared? Where it is not, a line says so; CI must have the program. */
export function canCompare({ name, program, version }: Server): boolean {
  if (program === undefined || version === undefined) return true;
  if (!needs(name, [program])) return false;
  const [argument, pattern, expected] = version;
  const { stdout, stderr } = spawnSync(findProgram([program]) ?? program, [argument], { encoding: "utf8" });
  const found = pattern.exec(stdout + stderr)?.[1];
  if (found === expected) return true;
  console.warn(`Skipped, DIFFERENCES.md is about ${name} ${expected}, and here is ${found ?? "another"}.`);
  return false;
}

/** Starts a server with its recording application, in a folder that goes at the end. */
export async function startServer({ name, start, spawns }: Server): Promise<RunningServer> {
  const folder = temporaryFolder();
  if (process.getuid?.() === 0) chownSync(folder.path, 33, 33); // Debian's www-data makes its sockets here
  const recorder = join(import.meta.dirname, "../applications/recorder.mjs");
  const { site } = stageExample(folder.path, recorder);
  const record = join(folder.path, "record");
  const socket = join(folder.path, "app.sock");
  writeFileSync(record, "");
  chmodSync(record, 0o666);
  const command = join(folder.path, "recorder");
  writeFileSync(command, `#!/bin/sh\nexec ${join(folder.path, "node")} "$1" ${record}\n`);
  chmodSync(command, 0o755);
  const places = { port: await freePort(), socket, site, command };
  const started: Program[] = [];
  const stop = async (): Promise<void> => {
    for (const program of started.toReversed()) await program.stop();
    folder.remove();
  };
  try {
    if (spawns !== true) {
      started.push(await startProgram(process.execPath, [join(site, "app.mjs"), record, socket], { path: socket }));
    }
    started.push(await start(folder.path, places));
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, url: `http://127.0.0.1:${places.port}`, record, places, stop };
}

/** x-proxy with an application that takes every path. */
function startOurs(folder: string, { port, socket, site }: Places): Promise<Program> {
  const configuration = join(folder, "x.config.json");
  const upstreams = { app: { addresses: [`unix:${socket}`] } };
  const fastcgi = { upstream: "app", rootOnBackend: join(site, "public") };
  writeFileSync(configuration, JSON.stringify({ upstreams, routes: [{ fastcgi }] }));
  return startXProxy(["--config", configuration], process.env, port);
}
