import { expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { toLongForm } from "../../src/config/long-form.ts";

const upstreams = {
  php: { addresses: ["unix:/run/php.sock"], capacity: 5 },
  node: {
    addresses: ["unix:run/a.sock", { address: "tcp://10.0.0.6:9000", capacity: 3, weight: 2, backup: true }],
    multiplex: 8,
    policy: { cookie: "node" },
    health: { slowStart: "1m" },
    check: { path: "/ping", interval: "5s" },
  },
  own: {},
};

test.each<[string, ProxyConfig]>([
  ["files", { root: "/srv", routes: [{ static: true }] }],
  [
    "a PHP site",
    { root: "/srv", upstreams, processes: { p: { kind: "php-fpm", upstream: "own" } }, routes: [{ php: "php" }] },
  ],
  [
    "a preset",
    {
      root: "/srv",
      upstreams,
      processes: { p: { kind: "php-cgi", upstream: "own" } },
      routes: [{ php: "own", preset: "wordpress" }],
    },
  ],
  [
    "much",
    {
      root: "/srv",
      listen: [
        ":8080",
        "unix:run/x.sock",
        "https://[::1]:0",
        { address: ":443", tls: { cert: "a.pem", key: "a.key", minVersion: "TLSv1.3" }, http2: false },
        { address: "unix:run/y.sock", proxyProtocol: { from: ["unix:"] } },
      ],
      tls: { certificates: [{ cert: "b.pem", key: "b.key" }], ciphers: "HIGH" },
      upstreams,
      processes: {
        p: { kind: "php-fpm", upstream: "own", ini: { a: "b" } },
        c: { kind: "command", command: ["x", "-y"], upstream: "node", environment: { A: "b", B: true } },
      },
      limits: { body: false, spool: { folder: "spool" } },
      trustProxy: { addresses: ["loopback"], header: "forwarded" },
      errors: "plain",
      headers: { remove: ["Server"], set: { "X-A": "b" }, add: { "X-C": "d" } },
      compress: true,
      errorPages: { "5xx": "/down", "404": "/x" },
      interceptErrors: true,
      hsts: { maxAge: "1d", preload: true },
      routes: [
        {
          match: { path: ["/a/*"], method: "GET", host: "*.x.example", scheme: "http" },
          static: { maxAge: "1y", immutable: true },
        },
        { match: { regex: "/u/(.*)" }, rewrite: "/$1" },
        { match: "/health", respond: { body: "ok" } },
        { redirect: "https://{host}{uri}" },
        { acme: "/var/acme", compress: false, headers: { set: { "X-A": "c" } } },
        { static: true, compress: { encodings: ["gzip"], minBytes: 0 }, headers: { add: { "X-C": "d" } } },
        { limitClient: { requests: 5, per: "1m" }, respond: {} },
        { limitClient: { concurrent: 3, status: 503, except: ["loopback"] }, respond: {} },
        { access: { allow: ["::1"], basic: { file: "x" } }, respond: { status: 204, headers: { "X-A": "b" } } },
        { mount: "/käse", internal: true, fastcgi: { upstream: "node", params: { A: "b" } } },
        { fastcgi: { upstream: "php", root: "/x", extensions: [".php"], checkFiles: false, rootOnBackend: "/y" } },
        {
          fastcgi: {
            upstream: "php",
            extensions: [".php"],
            resolveRoot: true,
            buffer: "off",
            sendfile: { roots: ["r"], accel: true },
          },
          deny: ["/x"],
          links: ["/y"],
        },
      ],
    },
  ],
  [
    "other kinds",
    {
      root: "/srv",
      upstreams: { node: upstreams.node },
      routes: [
        {
          match: "/a/*",
          authorize: [
            { upstream: "node", phase: "authenticator", script: "/x.php", cache: { ttl: "30s", entries: 5 } },
            { upstream: "node", role: "responder", uri: "/x", variables: { A: "X-A" }, headers: ["Set-Cookie"] },
          ],
          static: true,
        },
        {
          match: "/docs/*",
          filter: { upstream: "node", root: "docs", index: ["a.md"], version: "2", params: { A: "b" } },
        },
        { filter: { upstream: "node", validators: false } },
        { match: "/cgi-bin/*", cgi: { root: "cgi-bin", environment: { A: true, B: "c" }, nph: true, time: "1m" } },
        { match: "/x/*", mount: "/", cgi: { program: ["x", "-y"], output: false, user: "nobody" } },
        { match: "/live/*", handler: "./live.ts" },
      ],
    },
  ],
])("%s: the long form is JSON, and means the same", (_title, config) => {
  const resolved = expandConfig(config, { folder: "/etc/x" });
  const long = JSON.parse(JSON.stringify(toLongForm(resolved))) as ProxyConfig;
  const again = expandConfig(long, { folder: "/elsewhere" });
  const plain = (it: typeof resolved) => ({
    ...it,
    places: undefined,
    routes: it.routes.map((route) => ({ ...route, preset: undefined })),
    // Where a certificate is written down is another place there.
    listen: it.listen.map(({ tls, ...listen }) => ({
      ...listen,
      tls: tls && { ...tls, certificates: tls.certificates.map(({ cert, key }) => ({ cert, key })) },
    })),
  });
  expect(plain(again)).toEqual(plain(resolved));
  expect(toLongForm(again)).toEqual(long);
});
