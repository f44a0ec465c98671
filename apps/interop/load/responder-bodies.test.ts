// 1 GiB up and 1 GiB down through every web server, by checksum, neither held in memory by anybody here.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";

import { expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { needs } from "../src/needs.ts";
import { startCgiFcgi } from "../src/peers/cgi-fcgi.ts";
import {
  startExampleApache,
  startExampleCaddy,
  startExampleHaproxy,
  startExampleLighttpd,
  startExampleNginx,
} from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { startSpawnFcgi } from "../src/peers/spawn-fcgi.ts";
import { startRunning } from "../src/running-example.ts";
import type { RunningOptions } from "../src/running-example.ts";
import { temporaryFolder } from "../src/temporary.ts";

const MIB = patternBytes(1_048_576);
const COUNT = 1_024;
const SIZE = COUNT * MIB.length;

const FRONTS: readonly [name: string, program: string, StartFront, RunningOptions?][] = [
  ["nginx", "nginx", startExampleNginx()],
  ["nginx, SCGI", "nginx", startExampleNginx("nginx-scgi.conf"), { scgi: true }],
  ["Apache, mod_proxy_fcgi", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
  [
    "Apache, mod_proxy_scgi",
    "apache2",
    startExampleApache("apache-proxy-scgi.conf", ["proxy", "proxy_scgi"]),
    { scgi: true, tcp: true },
  ],
  ["Apache, mod_fcgid", "apache2", startExampleApache("apache-fcgid.conf", ["fcgid"]), { spawns: true }],
  ["lighttpd", "lighttpd", startExampleLighttpd("lighttpd.conf")],
  ["lighttpd, SCGI", "lighttpd", startExampleLighttpd("lighttpd-scgi.conf"), { scgi: true }],
  ["lighttpd, bin-path", "lighttpd", startExampleLighttpd("lighttpd-spawn.conf"), { spawns: true }],
  ["HAProxy", "haproxy", startExampleHaproxy],
  ["Caddy", "caddy", startExampleCaddy],
  ["Apache, CGI", "apache2", startExampleApache("apache-cgi.conf", ["alias", "cgid"]), { spawns: true }],
];

const APPLICATION = join(import.meta.dirname, "../src/applications/behind-front.mjs");

async function sendAll(outgoing: Writable): Promise<void> {
  for (let sent = 0; sent < COUNT; sent++) if (!outgoing.write(MIB)) await once(outgoing, "drain");
  outgoing.end();
}

function expectedSha256(): string {
  const hash = createHash("sha256");
  for (let part = 0; part < COUNT; part++) hash.update(MIB);
  return hash.digest("hex");
}

test.each(FRONTS)("%s", async (_name, program, front, options) => {
  if (!needs(program, [program])) return;
  const running = await startRunning(front, { path: APPLICATION, ...options });
  onTestFinished(() => running.stop());
  const sha256 = expectedSha256();

  const upload = request(`${running.url}/upload`, {
    method: "POST",
    agent: false,
    headers: { "content-length": SIZE },
  });
  const answered = once(upload, "response");
  await sendAll(upload);
  const [answer] = (await answered) as [IncomingMessage];
  expect(JSON.parse(await text(answer))).toMatchObject({ length: SIZE, sha256 });

  const download = request(`${running.url}/bytes?size=${SIZE}`, { agent: false }).end();
  const [body] = (await once(download, "response")) as [IncomingMessage];
  const got = createHash("sha256");
  for await (const part of body as AsyncIterable<Buffer>) got.update(part);
  expect(got.digest("hex")).toBe(sha256);
});

test("cgi-fcgi, of an application that spawn-fcgi has started", async () => {
  if (!needs("spawn-fcgi", ["spawn-fcgi"]) || !needs("cgi-fcgi", ["cgi-fcgi"])) return;
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const { socket, stop } = await startSpawnFcgi(folder.path, APPLICATION);
  onTestFinished(stop);
  const sha256 = expectedSha256();

  const length = { CONTENT_LENGTH: String(SIZE) };
  const upload = startCgiFcgi(socket, { REQUEST_METHOD: "POST", REQUEST_URI: "/upload", ...length });
  const answered = text(upload.stdout);
  await sendAll(upload.stdin);
  expect(JSON.parse((await answered).split("\r\n\r\n")[1]!)).toMatchObject({ length: SIZE, sha256 });

  const download = startCgiFcgi(socket, { REQUEST_METHOD: "GET", REQUEST_URI: `/bytes?size=${SIZE}` });
  download.stdin.end();
  const got = createHash("sha256");
  let head = "";
  for await (const part of download.stdout as AsyncIterable<Buffer>) {
    if (head.endsWith("\r\n\r\n")) {
      got.update(part);
      continue;
    }
    const before = head.length;
    const all = head + part.toString("latin1");
    const end = all.indexOf("\r\n\r\n");
    head = end < 0 ? all : all.slice(0, end + 4);
    got.update(part.subarray(head.length - before));
  }
  expect(head).toContain(`Content-Length: ${SIZE}`.toLowerCase());
  expect(got.digest("hex")).toBe(sha256);
});
