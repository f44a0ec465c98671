// 1 GiB up and 1 GiB down through every web server, by checksum, neither held in memory by anybody here.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { needs } from "../src/needs.ts";
import {
  startExampleApache,
  startExampleCaddy,
  startExampleHaproxy,
  startExampleLighttpd,
  startExampleNginx,
} from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { startRunning } from "../src/running-example.ts";
import type { RunningOptions } from "../src/running-example.ts";

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

async function sendAll(outgoing: ClientRequest): Promise<void> {
  for (let sent = 0; sent < COUNT; sent++) if (!outgoing.write(MIB)) await once(outgoing, "drain");
  outgoing.end();
}

test.each(FRONTS)("%s", async (_name, program, front, options) => {
  if (!needs(program, [program])) return;
  const path = join(import.meta.dirname, "../src/applications/behind-front.mjs");
  const running = await startRunning(front, { path, ...options });
  onTestFinished(() => running.stop());
  const expected = createHash("sha256");
  for (let part = 0; part < COUNT; part++) expected.update(MIB);
  const sha256 = expected.digest("hex");

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
