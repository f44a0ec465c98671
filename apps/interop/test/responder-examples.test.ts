// The configurations of packages/responder/examples and of its README, each in the web server that it is for.
import { createHash } from "node:crypto";

import { describe, expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { describeFront } from "../src/behaviours/front.ts";
import type { FrontTraits } from "../src/behaviours/front.ts";
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

const closing = (configuration: string): string =>
  configuration.replaceAll(/fastcgi_keep_conn on;|keepalive 8;[^\n]*/g, "");

/** nginx and mod_fcgid put all params into one record of 64 KiB, and refuse a request with more. */
const ONE_RECORD = 56_000;

const FRONTS: readonly [name: string, program: string, StartFront, FrontTraits?][] = [
  ["nginx, connections kept", "nginx", startExampleNginx(), { headerBytes: ONE_RECORD }],
  ["nginx, a connection a request", "nginx", startExampleNginx("nginx.conf", closing), { headerBytes: ONE_RECORD }],
  ["nginx, the README's", "nginx", startExampleNginx("README.md:nginx"), { headerBytes: ONE_RECORD }],
  ["nginx, SCGI", "nginx", startExampleNginx("nginx-scgi.conf"), { scgi: true }],
  ["Apache, the README's", "apache2", startExampleApache("README.md:apache", ["proxy", "proxy_fcgi"])],
  ["Apache, mod_proxy_fcgi", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
  [
    "Apache, mod_proxy_scgi",
    "apache2",
    startExampleApache("apache-proxy-scgi.conf", ["proxy", "proxy_scgi"]),
    { scgi: true, tcp: true },
  ],
  [
    "Apache, mod_fcgid",
    "apache2",
    startExampleApache("apache-fcgid.conf", ["fcgid"]),
    { spawns: true, oneProcess: false, headerBytes: ONE_RECORD },
  ],
  ["lighttpd", "lighttpd", startExampleLighttpd("lighttpd.conf"), { headerBytes: 7_000 }],
  ["lighttpd, the README's", "lighttpd", startExampleLighttpd("README.md:lighttpd"), { headerBytes: 7_000 }],
  ["lighttpd, SCGI", "lighttpd", startExampleLighttpd("lighttpd-scgi.conf"), { scgi: true, headerBytes: 7_000 }],
  [
    "lighttpd, bin-path",
    "lighttpd",
    startExampleLighttpd("lighttpd-spawn.conf"),
    { spawns: true, oneProcess: false, headerBytes: 7_000 },
  ],
  ["HAProxy", "haproxy", startExampleHaproxy, { headerBytes: 7_000 }],
  ["Caddy", "caddy", startExampleCaddy],
];

for (const [name, program, front, traits] of FRONTS) {
  describe.runIf(needs(program, [program]))("in front of x-responder", () => {
    describeFront(name, front, traits);
  });
}

describe.runIf(needs("apache2", ["apache2"]))("Apache starts it by CGI", () => {
  test.each(["cgid", "cgi"])("mod_%s: the same application, a process a request", async (module) => {
    const front = startExampleApache("apache-cgi.conf", ["alias", module]);
    const running = await startRunning(front, { spawns: true });
    onTestFinished(() => running.stop());
    const { status, body } = await running.ask("/a/b?c=%20d");
    expect(status, body.toString()).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ method: "GET", path: "/a/b?c=%20d", length: 0 });
    const sent = patternBytes(1_048_576);
    const answers = await Promise.all([
      running.ask("/upload", { method: "POST", body: sent }),
      running.ask("/upload", { method: "POST", body: [sent] }),
    ]);
    for (const answer of answers) {
      expect(JSON.parse(answer.body.toString())).toMatchObject({
        length: sent.length,
        sha256: createHash("sha256").update(sent).digest("hex"),
      });
    }
    expect((await running.ask("/?--listen+tcp://0.0.0.0:1", { method: "HEAD" })).status).toBe(200);
  });
});

describe.runIf(needs("nginx", ["nginx"]))("nginx asks authorize() by auth_request", () => {
  test("who has no key is refused, who has one is known to the application", async () => {
    const running = await startRunning(startExampleNginx());
    onTestFinished(() => running.stop());
    expect((await running.ask("/private/")).status).toBe(401);
    const { body } = await running.ask("/private/", { headers: { "X-Key": "sesame" } });
    expect(JSON.parse(body.toString())).toMatchObject({ path: "/private/", user: "ada" });
  });

  test("an application under a path sees URLs without it", async () => {
    const running = await startRunning(startExampleNginx(), { args: ["--mount", "strip"] });
    onTestFinished(() => running.stop());
    const { body } = await running.ask("/app/users?x=%20");
    expect(JSON.parse(body.toString())).toMatchObject({ path: "/users?x=%20" });
  });
});

describe.each<[string, string, StartFront]>([
  ["nginx", "nginx", startExampleNginx("README.md:nginx")],
  ["Apache", "apache2", startExampleApache("README.md:apache", ["proxy", "proxy_fcgi"])],
  ["lighttpd", "lighttpd", startExampleLighttpd("README.md:lighttpd")],
])("x-responder examples/express.mjs, and the README's block for %s", (_name, program, front) => {
  test.runIf(needs(program, [program]))("Express answers, at once and piece by piece", async () => {
    const running = await startRunning(front, { module: "express.mjs" });
    onTestFinished(() => running.stop());
    expect((await running.ask("/?name=Ada")).body.toString()).toBe("Hello Ada from Express\n");
    const events = await fetch(`${running.url}/events`);
    const reader = events.body!.getReader();
    expect(Buffer.from((await reader.read()).value).toString()).toContain("data: at once\n\n");
    await reader.cancel();
  });
});

describe.each<[string, string, StartFront, { tcp?: boolean; spawns?: boolean }]>([
  ["Apache, mod_fcgid", "apache2", startExampleApache("apache-fcgid-authorizer.conf", ["fcgid"]), { spawns: true }],
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
