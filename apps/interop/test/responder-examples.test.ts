// The configurations of packages/responder/examples, each in the web server that it is for.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { stageExample } from "../src/examples.ts";
import { needs } from "../src/needs.ts";
import {
  startExampleApache,
  startExampleCaddy,
  startExampleHaproxy,
  startExampleLighttpd,
  startExampleNginx,
} from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { findProgram, startProgram } from "../src/program.ts";
import { startRunning } from "../src/running-example.ts";
import type { Running } from "../src/running-example.ts";
import { temporaryFolder } from "../src/temporary.ts";

const FRONTS: readonly [string, string, StartFront, { spawns?: boolean }?][] = [
  ["nginx", "nginx", startExampleNginx],
  ["Apache, mod_proxy_fcgi", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
  ["Apache, mod_fcgid", "apache2", startExampleApache("apache-fcgid.conf", ["fcgid"]), { spawns: true }],
  ["lighttpd", "lighttpd", startExampleLighttpd("lighttpd.conf")],
  ["lighttpd, bin-path", "lighttpd", startExampleLighttpd("lighttpd-spawn.conf"), { spawns: true }],
  ["HAProxy", "haproxy", startExampleHaproxy],
  ["Caddy", "caddy", startExampleCaddy],
];

describe.each(FRONTS)("%s", (_name, program, front, more) => {
  describe.runIf(needs(program, [program]))("in front of x-responder", () => {
    let running: Running;
    beforeAll(async () => {
      running = await startRunning(front, more);
    });
    afterAll(() => running?.stop());

    test("[P88] a GET, with its target as the browser wrote it", async () => {
      const { status, body } = await running.ask("/a/b?c=%20d");
      expect(status, body.toString()).toBe(200);
      expect(JSON.parse(body.toString())).toMatchObject({ method: "GET", path: "/a/b?c=%20d", length: 0 });
    });

    test("HEAD has no body", async () => {
      const { status, body } = await running.ask("/", { method: "HEAD" });
      expect([status, body.length]).toEqual([200, 0]);
    });

    test("an upload of 1 MiB arrives byte for byte", async () => {
      const body = patternBytes(1_048_576);
      const answer = await running.ask("/upload", { method: "POST", body });
      expect(JSON.parse(answer.body.toString())).toMatchObject({
        length: body.length,
        sha256: createHash("sha256").update(body).digest("hex"),
      });
    });

    test("[P6] 200 requests, 64 at once", async () => {
      let left = 200;
      const one = async (): Promise<void> => {
        while (left-- > 0) {
          const { status, body } = await running.ask(`/?${left}`);
          expect(status, body.toString()).toBe(200);
        }
      };
      await Promise.all(Array.from({ length: 64 }, one));
    });

    test("server-sent events come at once, and end with the browser", async () => {
      const incoming = get(`${running.url}/events`, { agent: false });
      onTestFinished(() => void incoming.destroy());
      const [response] = (await once(incoming, "response")) as [IncomingMessage];
      expect(response.headers["content-type"]).toBe("text/event-stream");
      const [first] = (await once(response, "data")) as [Buffer];
      expect(first.toString()).toMatch(/^data: \d+\n\n/);
    });
  });
});

describe.runIf(needs("nginx", ["nginx"]))("nginx asks authorize() by auth_request", () => {
  test("who has no key is refused, who has one is known to the application", async () => {
    const running = await startRunning(startExampleNginx);
    onTestFinished(() => running.stop());
    expect((await running.ask("/private/")).status).toBe(401);
    const { body } = await running.ask("/private/", { headers: { "X-Key": "sesame" } });
    expect(JSON.parse(body.toString())).toMatchObject({ path: "/private/", user: "ada" });
  });

  test("Express answers behind it", async () => {
    const running = await startRunning(startExampleNginx, { module: "express.mjs" });
    onTestFinished(() => running.stop());
    expect((await running.ask("/?name=Ada")).body.toString()).toBe("Hello Ada from Express\n");
  });

  test("an application under a path sees URLs without it", async () => {
    const running = await startRunning(startExampleNginx, { args: ["--mount", "strip"] });
    onTestFinished(() => running.stop());
    const { body } = await running.ask("/app/users?x=%20");
    expect(JSON.parse(body.toString())).toMatchObject({ path: "/users?x=%20" });
  });
});

describe.each<[string, string, StartFront, { tcp?: boolean }]>([
  ["lighttpd", "lighttpd", startExampleLighttpd("lighttpd-authorizer.conf"), {}],
  ["Apache, mod_authnz_fcgi", "apache2", startExampleApache("apache-authnz-fcgi.conf", ["authnz_fcgi"]), { tcp: true }],
])("[P80] %s asks an Authorizer", (_name, program, front, more) => {
  test.runIf(needs(program, [program]))("static files are there for who has the key", async () => {
    const running = await startRunning(front, more);
    onTestFinished(() => running.stop());
    expect((await running.ask("/index.html")).status).toBe(401);
    const authorization = `Basic ${Buffer.from("ada:sesame").toString("base64")}`;
    const { status, body } = await running.ask("/index.html", { headers: { authorization } });
    expect([status, body.toString()]).toEqual([200, "a static page\n"]);
  });
});

test.runIf(needs("spawn-fcgi", ["spawn-fcgi"]) && needs("cgi-fcgi", ["cgi-fcgi"]))(
  "[P1] spawn-fcgi starts it on descriptor 0, cgi-fcgi asks it",
  async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const { site, command } = stageExample(folder.path);
    const socket = join(folder.path, "app.sock");
    const spawner = findProgram(["spawn-fcgi"])!;
    const application = await startProgram(spawner, ["-n", "-s", socket, "--", command, join(site, "app.mjs")], {
      path: socket,
    });
    onTestFinished(() => application.stop());
    chmodSync(socket, 0o666);
    const { spawnSync } = await import("node:child_process");
    const environment = { REQUEST_METHOD: "GET", REQUEST_URI: "/by/hand", SERVER_PROTOCOL: "HTTP/1.1" };
    const asked = spawnSync(findProgram(["cgi-fcgi"])!, ["-bind", "-connect", socket], {
      env: environment,
      encoding: "utf8",
    });
    expect(asked.stdout).toContain('"path":"/by/hand"');
  },
);
