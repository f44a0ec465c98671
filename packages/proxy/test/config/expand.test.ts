import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { type ProxyConfig, defineConfig } from "../../src/config/define-config.ts";
import { expandConfig, isResolvedConfig } from "../../src/config/expand.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const upstreams = { php: { addresses: ["unix:/run/php.sock"] } };

describe("the long form", () => {
  test("php is short for scripts by an upstream and files from the root", () => {
    const routes = [{ php: "php", preset: "none" as const }];
    const config = expandConfig({ root: "public", upstreams, routes }, { folder: "/srv/site" });
    const root = "/srv/site/public";
    expect(config.routes[0]).toEqual({
      index: 0,
      match: { paths: [], regex: undefined, scheme: undefined, methods: [], hosts: [] },
      mount: "",
      internal: false,
      responses: {
        ...{ remove: [], set: [], add: [], hsts: undefined, compress: undefined },
        ...{ errorPages: new Map(), interceptErrors: false },
      },
      fastcgi: {
        upstream: "php",
        root,
        extensions: [".php"],
        index: ["index.php", "index.html"],
        tryFiles: ["{path}", "{path}/", "/index.php"],
        checkFiles: true,
        resolveRoot: false,
        sendfile: { roots: [], accel: false, neverServe: expect.arrayContaining([".php"]) },
        params: new Map(),
        buffer: "on",
        onClientAbort: "abort",
      },
      static: {
        root,
        index: ["index.php", "index.html"],
        maxAge: undefined,
        immutable: false,
        neverServe: expect.arrayContaining([".php", ".phtml"]),
      },
      deny: [],
      links: [],
      preset: undefined,
      filter: undefined,
      cgi: undefined,
      handler: undefined,
      authorize: [],
    });
  });

  describe("[TD08] a preset is short for root, front controller and paths that nobody gets", () => {
    function site(files: readonly string[]): string {
      const folder = temporaryFolder();
      for (const file of files) {
        mkdirSync(join(folder, dirname(file)), { recursive: true });
        writeFileSync(join(folder, file), "");
      }
      return folder;
    }

    test("detected by the files in the root", () => {
      const root = site(["artisan", "public/index.php"]);
      const [route] = expandConfig({ root, upstreams, routes: [{ php: "php" }] }).routes;
      const { preset, ...long } = route ?? {};
      expect(preset).toBe("laravel");
      const publicFolder = join(root, "public");
      const [spelledOut] = expandConfig({
        root,
        upstreams,
        routes: [
          {
            fastcgi: {
              upstream: "php",
              root: publicFolder,
              extensions: [".php"],
              index: ["index.php", "index.html"],
              tryFiles: ["{path}", "{path}/", "/index.php"],
            },
            static: {},
            deny: [
              "/storage/**/*.php",
              "/composer.json",
              "/composer.lock",
              "/package.json",
              "/package-lock.json",
              "/yarn.lock",
              "/pnpm-lock.yaml",
              "/web.config",
            ],
            links: [join(root, "storage/app/public")],
          },
        ],
      }).routes;
      expect({ ...long, preset: undefined }).toEqual(spelledOut);
    });

    test("named, and with more paths", () => {
      const root = site(["index.php"]);
      const routes = [{ php: "php", preset: "dokuwiki" as const, deny: ["/secret/*"], links: ["shared"] }];
      const [route] = expandConfig({ root, upstreams, routes }, { folder: "/srv" }).routes;
      expect(route).toMatchObject({ preset: "dokuwiki", links: ["/srv/shared"] });
      expect(route?.fastcgi?.tryFiles).toEqual(["{path}", "{path}/"]);
      expect(route?.deny).toEqual(expect.arrayContaining(["/data/*", "/conf/*"]));
      expect(route?.deny.at(-1)).toBe("/secret/*");
    });

    test("switched off", () => {
      const root = site(["artisan", "public/index.php"]);
      const [route] = expandConfig({ root, upstreams, routes: [{ php: "php", preset: "none" }] }).routes;
      expect(route).toMatchObject({ fastcgi: { root }, static: { root }, deny: [], links: [], preset: undefined });
    });
  });

  test("the upstream of a PHP of our own needs no address", () => {
    const config = expandConfig({
      root: "/srv",
      upstreams: { php: { capacity: 4 }, cgi: {} },
      processes: {
        php: { kind: "php-fpm", upstream: "php" },
        cgi: { kind: "php-cgi", upstream: "cgi", maxRequests: 500, ini: { memory_limit: "1G" } },
      },
      routes: [{ php: "php" }],
    });
    expect([...config.upstreams.values()]).toMatchObject([
      { name: "php", addresses: [], capacity: 4 },
      { name: "cgi", addresses: [], capacity: undefined },
    ]);
    expect(config.processes.get("cgi")).toEqual({
      kind: "php-cgi",
      name: "cgi",
      program: undefined,
      user: undefined,
      upstream: "cgi",
      ini: new Map([["memory_limit", "1G"]]),
      maxRequests: 500,
    });
  });

  test("defaults are all there", () => {
    const config = expandConfig({ root: "/srv", routes: [{ static: true }] });
    expect(config).toMatchObject({
      listen: [{ kind: "tcp", host: "127.0.0.1", port: 8080 }],
      limits: {
        body: 134_217_728,
        bodyRate: 500,
        lag: Infinity,
        spool: { folder: undefined, quota: 1_073_741_824 },
        fileCache: { entries: 1_000, bytes: 16_777_216, fileBytes: 65_536 },
        headerBytes: 16_384,
        headerLines: 100,
        target: 8_192,
        responseHeaderBytes: 65_536,
        responseHeaderLines: 200,
      },
      timeouts: {
        requestHead: 10_000,
        requestBody: 30_000,
        request: 0,
        response: 30_000,
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
      { address: "unix:/srv/run/a.sock", capacity: 64, multiplex: 32, connections: 2, weight: 1, backup: false },
      { address: "tcp://10.0.0.6:9000", capacity: 2, multiplex: 32, connections: 2, weight: 1, backup: false },
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
            startTimeout: "2m",
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
        startTimeout: 120_000,
        upstream: "php",
      },
    ]);
  });
});

test("defineConfig gives back what it is given", () => {
  const config: ProxyConfig = { routes: [{ static: true }] };
  expect(defineConfig(config)).toBe(config);
});

test("sizes and times are numbers, or texts that mean them", () => {
  const route = { match: "/cgi-bin/*", cgi: { root: "/", output: "1M" } };
  const { limits, timeouts, shutdown, routes } = expandConfig({
    routes: [route, { respond: {}, compress: { minBytes: "2k" } }],
    limits: {
      body: "8M",
      bodyRate: "1k",
      lag: "200ms",
      spool: { quota: "2G" },
      fileCache: { bytes: "1M", fileBytes: "16k" },
      headerBytes: "32k",
      target: "4k",
      responseHeaderBytes: "128k",
    },
    timeouts: { requestHead: "5s", idle: "1m30s", connect: "500ms", queue: 7, request: "0s" },
    shutdown: { grace: "1m" },
  });
  expect(limits).toMatchObject({ body: 8_388_608, bodyRate: 1_024, lag: 200, spool: { quota: 2_147_483_648 } });
  expect(limits).toMatchObject({ headerBytes: 32_768, target: 4_096, responseHeaderBytes: 131_072 });
  expect(limits.fileCache).toEqual({ entries: 1_000, bytes: 1_048_576, fileBytes: 16_384 });
  expect(timeouts).toMatchObject({
    requestHead: 5_000,
    idle: 90_000,
    connect: 500,
    queue: 7,
    request: 0,
    send: 30_000,
  });
  expect(shutdown.grace).toBe(60_000);
  expect(routes[0]?.cgi?.output).toBe(1_048_576);
  expect(routes[1]?.responses.compress?.minBytes).toBe(2_048);
});
