import { resolve } from "node:path";

import { FastCGIError } from "@x/protocol/errors";
import { describe, expect, test } from "vitest";

import { type ProxyConfig, defineConfig } from "../../src/config/define-config.ts";
import { type ConfigSource, expandConfig, isResolvedConfig } from "../../src/config/expand.ts";

const upstreams = { php: { addresses: ["unix:/run/php.sock"] } };

function message(config: unknown, source?: ConfigSource): string {
  try {
    expandConfig(config as ProxyConfig, source);
  } catch (error) {
    expect(error).toBeInstanceOf(FastCGIError);
    expect((error as FastCGIError).code).toBe("FCGI_ERR_CONFIG");
    return (error as FastCGIError).message;
  }
  throw new Error("no error");
}

describe("the long form", () => {
  test("php is short for scripts by an upstream and files from the root", () => {
    const config = expandConfig({ root: "public", upstreams, routes: [{ php: "php" }] }, { folder: "/srv/site" });
    const root = "/srv/site/public";
    expect(config.routes[0]).toEqual({
      index: 0,
      match: { paths: [], methods: [], hosts: [] },
      fastcgi: {
        upstream: "php",
        root,
        extensions: [".php"],
        index: ["index.php", "index.html"],
        tryFiles: ["{path}", "{path}/", "/index.php"],
        checkFiles: true,
        params: new Map(),
        buffer: "on",
      },
      static: {
        root,
        index: ["index.php", "index.html"],
        maxAge: undefined,
        immutable: false,
        neverServe: expect.arrayContaining([".php", ".phtml"]),
      },
    });
  });

  test("defaults are all there", () => {
    const config = expandConfig({ root: "/srv", routes: [{ static: true }] });
    expect(config).toMatchObject({
      listen: [{ kind: "tcp", host: "127.0.0.1", port: 8080 }],
      limits: {
        body: 8_388_608,
        headerBytes: 16_384,
        headerLines: 100,
        target: 8_192,
        responseHeaderBytes: 65_536,
        responseHeaderLines: 200,
      },
      timeouts: {
        requestHead: 10_000,
        request: 300_000,
        keepAlive: 75_000,
        queue: 5_000,
        connect: 2_000,
        send: 30_000,
        firstByte: 60_000,
        idle: 60_000,
      },
      shutdown: { grace: 30_000 },
      errors: "auto",
    });
    expect(isResolvedConfig(config)).toBe(true);
  });

  test("an address takes the limits of its upstream, and overrides them", () => {
    const { upstreams } = expandConfig(
      {
        upstreams: {
          node: {
            addresses: ["unix:run/a.sock", { address: "tcp://10.0.0.6:9000", capacity: 2 }],
            capacity: 64,
            multiplex: 32,
            connections: 2,
          },
        },
        routes: [{ fastcgi: { upstream: "node" } }],
      },
      { folder: "/srv" },
    );
    expect(upstreams.get("node")?.addresses).toEqual([
      { address: "unix:/srv/run/a.sock", capacity: 64, multiplex: 32, connections: 2 },
      { address: "tcp://10.0.0.6:9000", capacity: 2, multiplex: 32, connections: 2 },
    ]);
  });

  test("a multiplexing upstream gets bodies of known length as they come", () => {
    const buffer = (upstream: { multiplex?: number }, chosen?: "on" | "off"): unknown =>
      expandConfig({
        upstreams: { app: { addresses: ["unix:/run/app.sock"], ...upstream } },
        routes: [{ fastcgi: { upstream: "app", buffer: chosen } }],
      }).routes[0]?.fastcgi?.buffer;
    expect(buffer({})).toBe("on");
    expect(buffer({ multiplex: 32 })).toBe("known-length");
    expect(buffer({ multiplex: 32 }, "on")).toBe("on");
    expect(buffer({}, "off")).toBe("off");
  });

  test("a remote document root is left as it is", () => {
    const config = expandConfig({
      upstreams,
      routes: [{ fastcgi: { upstream: "php", root: "/on/another/machine", extensions: [".php"], checkFiles: false } }],
    });
    expect(config.routes[0]?.fastcgi).toMatchObject({ root: "/on/another/machine", checkFiles: false, tryFiles: [] });
  });

  test("scripts of one route are never text in another one", () => {
    const config = expandConfig({
      root: "/srv",
      upstreams,
      routes: [{ fastcgi: { upstream: "php", extensions: [".CGI"] } }, { static: { maxAge: "1y", immutable: true } }],
    });
    expect(config.routes[1]?.static?.neverServe).toEqual(expect.arrayContaining([".cgi", ".php"]));
    expect(config.routes[1]?.static?.maxAge).toBe(31_536_000_000);
  });

  test.each([
    ["127.0.0.1:8080", { kind: "tcp", host: "127.0.0.1", port: 8080 }],
    ["localhost:0", { kind: "tcp", host: "localhost", port: 0 }],
    [":8080", { kind: "tcp", host: undefined, port: 8080 }],
    ["[::1]:8080", { kind: "tcp", host: "::1", port: 8080 }],
    ["unix:run/site.sock", { kind: "unix", path: resolve("/srv/run/site.sock"), text: "unix:/srv/run/site.sock" }],
  ])("listens on %s", (text, expected) => {
    const config = expandConfig({ listen: [text], root: "/srv", routes: [{ static: true }] }, { folder: "/srv" });
    expect(config.listen[0]).toMatchObject(expected);
  });

  test("processes", () => {
    const { processes } = expandConfig(
      {
        upstreams,
        processes: {
          fpm: { kind: "php-fpm", user: "www-data", upstream: "php" },
          app: {
            kind: "command",
            command: ["node", "app.js"],
            cwd: "app",
            environment: { PORT: "1", HOME: true },
            upstream: "php",
          },
        },
        routes: [{ fastcgi: { upstream: "php" } }],
      },
      { folder: "/srv" },
    );
    expect([...processes.values()]).toEqual([
      { kind: "php-fpm", name: "fpm", program: undefined, user: "www-data", upstream: "php", ini: new Map() },
      {
        kind: "command",
        name: "app",
        command: ["node", "app.js"],
        cwd: "/srv/app",
        environment: new Map<string, string | true>([
          ["PORT", "1"],
          ["HOME", true],
        ]),
        user: undefined,
        upstream: "php",
      },
    ]);
  });
});

describe("what is wrong is told with its key", () => {
  const routes = [{ php: "php" }];
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "the configuration must be an object, not undefined."],
    ["a text", "x", 'the configuration must be an object, not "x".'],
    ["an unknown key", { rutes: [], routes }, 'rutes is not a known key. Did you mean "routes"?'],
    [
      "a key of nowhere",
      { root: "/", upstreams, routes, frob: 1 },
      "frob is not a known key. Known here: listen, root, ",
    ],
    ["a key of a later issue", { root: "/", upstreams, routes, cache: {} }, "cache is not a known key."],
    ["a missing key", { root: "/", upstreams: { php: {} }, routes }, "upstreams.php.addresses is missing."],
    ["no routes", { root: "/" }, "routes is missing."],
    ["empty routes", { root: "/", routes: [] }, "routes needs at least one route"],
    [
      "a deep unknown key",
      { root: "/", upstreams, routes: [{ fastcgi: { upstrem: "php", upstream: "php" } }] },
      'routes[0].fastcgi.upstrem is not a known key. Did you mean "upstream"?',
    ],
    ["a wrong type", { root: 3, upstreams, routes }, "root must be a text, not 3."],
    [
      "a wrong number",
      { root: "/", upstreams, routes, limits: { body: "8M" } },
      'limits.body must be a number, not "8M".',
    ],
    [
      "a broken number",
      { root: "/", upstreams, routes, limits: { headerLines: 1.5 } },
      "limits.headerLines must be a whole number.",
    ],
    [
      "a wrong word",
      { root: "/", upstreams, routes, errors: "full" },
      'errors must be "developer" or "plain", not "full".',
    ],
    [
      "a wrong kind",
      { root: "/", upstreams, routes, processes: { a: { kind: "cgi" } } },
      'processes.a.kind must be "command" or "php-fpm", not "cgi".',
    ],
    [
      "a key of the other kind",
      { root: "/", upstreams, routes, processes: { a: { kind: "php-fpm", upstream: "php", cmd: [] } } },
      "processes.a.cmd is not a known key.",
    ],
    [
      "an unknown upstream",
      { root: "/", upstreams, routes: [{ static: true }, { static: true }, { fastcgi: { upstream: "phq" } }] },
      'routes[2].fastcgi.upstream "phq" is not defined. Did you mean "php"?',
    ],
    [
      "an unknown upstream of php",
      { root: "/", upstreams, routes: [{ php: "phpp" }] },
      'routes[0].php "phpp" is not defined. Did you mean "php"?',
    ],
    ["no upstreams at all", { root: "/", routes }, 'routes[0].php "php" is not defined. Add it to "upstreams".'],
    [
      "an unknown upstream of a process",
      { root: "/", upstreams, routes, processes: { a: { kind: "php-fpm", upstream: "pph" } } },
      'processes.a.upstream "pph" is not defined. Did you mean "php"?',
    ],
    [
      "a key that needs quotes",
      { root: "/", upstreams: { "my app": {} }, routes },
      'upstreams["my app"].addresses is missing.',
    ],
    [
      "a bad address",
      { root: "/", upstreams: { php: { addresses: ["127.0.0.1:9000"] } }, routes },
      "upstreams.php.addresses[0] is not an address: ",
    ],
    [
      "a bad address in an object",
      { root: "/", upstreams: { php: { addresses: [{ address: "x" }] } }, routes },
      "upstreams.php.addresses[0].address is not an address: ",
    ],
    ["no handler", { root: "/", upstreams, routes: [{ match: "/x" }] }, "routes[0] says nothing that answers"],
    [
      "php beside its long form",
      { root: "/", upstreams, routes: [{ php: "php", static: true }] },
      "routes[0].static stands beside php",
    ],
    ["no root for php", { upstreams, routes }, "routes[0].fastcgi needs a document root"],
    ["no root for files", { routes: [{ static: {} }] }, "routes[0].static needs a folder"],
    [
      "two roots in one route",
      { root: "/a", upstreams, routes: [{ fastcgi: { upstream: "php" }, static: { root: "/b" } }] },
      "routes[0].static.root must be the same folder",
    ],
    [
      "tryFiles out of the root",
      { root: "/", upstreams, routes: [{ fastcgi: { upstream: "php", extensions: [".php"], tryFiles: ["/../x"] } }] },
      "routes[0].fastcgi.tryFiles[0] must begin with",
    ],
    [
      "tryFiles without files",
      { root: "/", upstreams, routes: [{ fastcgi: { upstream: "php", tryFiles: ["{path}"] } }] },
      "routes[0].fastcgi.tryFiles needs extensions",
    ],
    [
      "an extension without dot",
      { root: "/", upstreams, routes: [{ fastcgi: { upstream: "php", extensions: ["php"] } }] },
      'routes[0].fastcgi.extensions[0] must be a dot and letters such as ".php"',
    ],
    [
      "a path without slash",
      { root: "/", upstreams, routes: [{ match: "assets/*", php: "php" }] },
      'routes[0].match must begin with "/" or "*"',
    ],
    [
      "a path without slash in a list",
      { root: "/", upstreams, routes: [{ match: { path: ["/a", "b"] }, php: "php" }] },
      "routes[0].match.path[1] must begin with",
    ],
    [
      "a host with port",
      { root: "/", upstreams, routes: [{ match: { host: "a:80" }, php: "php" }] },
      "routes[0].match.host must be a name",
    ],
    [
      "a method in lower case",
      { root: "/", upstreams, routes: [{ match: { method: "get" }, php: "php" }] },
      "routes[0].match.method must be a method",
    ],
    [
      "a bad duration",
      { root: "/", routes: [{ static: { maxAge: "1 month" } }] },
      "routes[0].static.maxAge must be milliseconds or a text",
    ],
    [
      "a port alone",
      { listen: ["8080"], root: "/", routes: [{ static: true }] },
      'listen[0] "8080" is a port alone: write "127.0.0.1:8080"',
    ],
    [
      "a bare IPv6 address",
      { listen: ["::1"], root: "/", routes: [{ static: true }] },
      "an IPv6 address stands in brackets",
    ],
    [
      "a port out of range",
      { listen: ["a:65536"], root: "/", routes: [{ static: true }] },
      "has no port between 0 and 65535",
    ],
    [
      "[TJ03] a socket path that is too long",
      { listen: [`unix:/${"x".repeat(107)}`], root: "/", routes: [{ static: true }] },
      "is longer than the 107 bytes",
    ],
    [
      "[TJ04] an abstract socket",
      { listen: ["unix:@x"], root: "/", routes: [{ static: true }] },
      "is an abstract socket",
    ],
    [
      "a param with NUL",
      { upstreams, routes: [{ fastcgi: { upstream: "php", params: { A: "\0" } } }] },
      "routes[0].fastcgi.params.A must not hold a NUL",
    ],
    [
      "static with false",
      { root: "/", routes: [{ static: false }] },
      "routes[0].static must be true or an object, not false.",
    ],
  ])("%s", (_name, config, expected) => {
    expect(message(config)).toContain(expected);
  });

  test("all of it at once, one line each", () => {
    const text = message({ root: "/", upstreams, rotes: 1, routes: [{ php: 4 }] });
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        "routes[0].php must be a text, not 4.",
        'rotes is not a known key. Did you mean "routes"?',
      ]),
    );
  });

  test("with file and line where they are known", () => {
    const source: ConfigSource = { file: "x.config.yaml", line: (path) => path.length };
    expect(message({ root: "/", upstreams, routes: [{ php: "phq" }] }, source)).toBe(
      'x.config.yaml:3: routes[0].php "phq" is not defined. Did you mean "php"?',
    );
  });
});

test("defineConfig gives back what it is given", () => {
  const config: ProxyConfig = { routes: [{ static: true }] };
  expect(defineConfig(config)).toBe(config);
});
