import { FastCGIError } from "@x/protocol/errors";
import { describe, expect, test } from "vitest";

import type { ConfigSource } from "../../src/config/config-source.ts";
import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";

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

describe("what is wrong with an answer", () => {
  test.each<[string, unknown, string]>([
    ["two answers", { respond: {}, redirect: "/" }, "routes[0] has respond and redirect, and only one can answer"],
    ["no place", { redirect: "example.org" }, 'routes[0].redirect must begin with "/", "http://" or "https://".'],
    ["a placeholder", { redirect: "/{pth}" }, "routes[0].redirect has {pth}, which stands for nothing"],
    ["a group", { match: { regex: "/(a)" }, rewrite: "/$2" }, "routes[0].rewrite has $2, and match.regex has 1 only."],
    ["a status", { redirect: { to: "/", status: 200 } }, "routes[0].redirect.status must be one of 301, 302"],
    ["a body", { respond: { status: 204, body: "x" } }, "routes[0].respond.body cannot go out with status 204"],
    [
      "a header",
      { respond: { headers: { "A B": "x" } } },
      'routes[0].respond.headers["A B"] is not the name of a header.',
    ],
    ["framing", { respond: { headers: { Connection: "x" } } }, "routes[0].respond.headers.Connection is decided by"],
    ["a line break", { respond: { headers: { A: "x\n" } } }, "routes[0].respond.headers.A must not hold line breaks"],
    ["a slow regex", { match: { regex: "/(a*)*" }, respond: {} }, "routes[0].match.regex repeats a group"],
    ["a mount", { mount: "blog", static: { root: "/" } }, 'routes[0].mount must be a path such as "/blog"'],
    ["a mount of no files", { mount: "/x", respond: {} }, "routes[0].mount has no meaning beside respond"],
    ["a root that is seen nowhere", { fastcgi: { upstream: "php", resolveRoot: true } }, "resolveRoot needs files"],
    [
      "two roots",
      { fastcgi: { upstream: "php", extensions: [".php"], root: "/", resolveRoot: true, rootOnBackend: "/x" } },
      "resolveRoot has no meaning beside rootOnBackend",
    ],
    [
      "a relative root",
      { fastcgi: { upstream: "php", extensions: [".php"], root: "/", rootOnBackend: "x" } },
      'rootOnBackend must begin with "/", not be "x".',
    ],
    ["a limit that is none", { limitClient: {}, respond: {} }, "routes[0].limitClient limits nothing"],
    [
      "a burst of nothing",
      { limitClient: { concurrent: 2, burst: 3 }, respond: {} },
      "routes[0].limitClient.burst needs requests beside it.",
    ],
    [
      "a time that is none",
      { limitClient: { requests: 1, per: "minute" }, respond: {} },
      'routes[0].limitClient.per must be milliseconds or a text such as "10s", "1m30s" or "500ms", not "minute".',
    ],
    [
      "a limit that answers well",
      { limitClient: { requests: 1, status: 200 }, respond: {} },
      "routes[0].limitClient.status must be 400 to 599, not 200.",
    ],
    [
      "a limit but for no address",
      { limitClient: { requests: 1, except: ["x"] }, respond: {} },
      "routes[0].limitClient.except[0] must be an address",
    ],
    ["nobody in particular", { access: {}, respond: {} }, "routes[0].access says nothing about who may"],
    ["an address", { access: { allow: ["::1", "x"] }, respond: {} }, "routes[0].access.allow[1] must be an address"],
    [
      "one of one",
      { access: { allow: ["::1"], satisfy: "any" }, respond: {} },
      'routes[0].access.satisfy can be "any" only beside basic and allow or deny.',
    ],
    [
      "a realm",
      { access: { basic: { file: "x", realm: 'a"b' } }, respond: {} },
      "routes[0].access.basic.realm must be of ASCII",
    ],
    ["a rule of framing", { headers: { set: { "Content-Length": "1" } }, respond: {} }, "headers.set["],
    [
      "a media type",
      { compress: { types: ["text"] }, respond: {} },
      'compress.types[0] must be a media type such as "text/*"',
    ],
    ["a coding", { compress: { encodings: ["deflate"] }, respond: {} }, 'compress.encodings[0] must be "zstd" or "br"'],
    [
      "a page",
      { errorPages: { 404: "404.html" }, respond: {} },
      'errorPages["404"] must be a path such as "/404.html"',
    ],
    [
      "a page of what is no error",
      { errorPages: { 200: "/" }, respond: {} },
      'errorPages["200"] must be a status of 400',
    ],
    ["a mistyped answer", { respnd: {} }, 'routes[0].respnd is not a known key. Did you mean "respond"?'],
  ])("%s", (_title, route, expected) => {
    expect(message({ upstreams, routes: [route] })).toContain(expected);
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
      "frob is not a known key. Known here: listen, tls, root, ",
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
      { root: "/", upstreams, routes, limits: { body: "8 pages" } },
      'limits.body must be bytes or a text such as "64k", "128M" or "1G", not "8 pages".',
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
      "a network that is none",
      { root: "/", upstreams, routes, trustProxy: ["loopback", "10.0.0.0/33"] },
      'trustProxy[1] must be an address such as "10.0.0.1" or "10.0.0.0/8"',
    ],
    [
      "a header that is none",
      { root: "/", upstreams, routes, trustProxy: { addresses: [], header: "x-real-ip" } },
      'trustProxy.header must be "x-forwarded-for" or "forwarded", not "x-real-ip".',
    ],
    [
      "a time",
      { root: "/", upstreams, routes, hsts: { maxAge: "long" } },
      "hsts.maxAge must be milliseconds or a text",
    ],
    [
      "a wrong kind",
      { root: "/", upstreams, routes, processes: { a: { kind: "cgi" } } },
      'processes.a.kind must be "command", "php-fpm" or "php-cgi", not "cgi".',
    ],
    [
      "a key of the other kind",
      { root: "/", upstreams, routes, processes: { a: { kind: "php-fpm", upstream: "php", cmd: [] } } },
      "processes.a.cmd is not a known key.",
    ],
    [
      "no address of a program that listens where it is told",
      {
        root: "/",
        upstreams: { php: {} },
        routes,
        processes: { a: { kind: "command", command: ["a"], upstream: "php" } },
      },
      "upstreams.php.addresses is missing.",
    ],
    [
      "an unknown preset",
      { root: "/", upstreams, routes: [{ php: "php", preset: "wordpres" }] },
      'routes[0].preset must be "wordpress" or "drupal" or ',
    ],
    [
      "a preset beside the long form",
      { root: "/", upstreams, routes: [{ static: true, preset: "plain" }] },
      "routes[0].preset needs php beside it",
    ],
    [
      "a denied path without slash",
      { root: "/", upstreams, routes: [{ php: "php", preset: "none", deny: ["/a", "secret"] }] },
      'routes[0].deny[1] must begin with "/" or "*", not be "secret".',
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
      "a size of another kind",
      { root: "/", upstreams, routes, limits: { body: true } },
      'limits.body must be bytes or a text such as "64k", "128M" or "1G", or false for any size, not true.',
    ],
    [
      "a size that is too small",
      { root: "/", upstreams, routes, limits: { spool: { quota: "0k" } } },
      "limits.spool.quota must be at least 1.",
    ],
    [
      "a duration without its unit",
      { root: "/", upstreams, routes, timeouts: { idle: "10" } },
      'timeouts.idle must be milliseconds or a text such as "10s", "1m30s" or "500ms", not "10".',
    ],
    [
      "a duration of another kind",
      { root: "/", upstreams, routes, shutdown: { grace: true } },
      'shutdown.grace must be milliseconds or a text such as "10s", "1m30s" or "500ms", not true.',
    ],
    [
      "a duration below 0",
      { root: "/", upstreams, routes, timeouts: { connect: -1 } },
      "timeouts.connect must not be negative, and is -1.",
    ],
    [
      "a duration that no timer can wait",
      { root: "/", upstreams, routes, timeouts: { firstByte: "4w" } },
      "timeouts.firstByte must be at most 24d, and is 4w.",
    ],
    [
      "one in place of a list",
      { listen: ":80", root: "/", upstreams, routes },
      'listen must be a list of addresses, not ":80": write [":80"].',
    ],
    [
      "an object in place of a list",
      { root: "/", upstreams, routes: { php: "php" } },
      "routes must be a list of routes, not an object.",
    ],
    ["a list in place of an object", { upstreams: [], routes }, "upstreams must be an object, not a list."],
    ["a number in place of an address", { listen: [80], routes }, "listen[0] must be a text or an object, not 80."],
    [
      "a number in place of texts",
      { root: "/", routes: [{ match: { path: 1 }, static: true }] },
      "routes[0].match.path must be a text or a list of texts, not 1.",
    ],
    [
      "a word in place of true",
      { root: "/", routes: [{ static: "yes" }] },
      'routes[0].static must be true or an object, not "yes".',
    ],
    ["another word in place of true", { hsts: "yes", routes }, 'hsts must be true, false or an object, not "yes".'],
    [
      "a process without its kind",
      { root: "/", upstreams, routes, processes: { a: { upstream: "php" } } },
      'processes.a.kind is missing: write "command", "php-fpm" or "php-cgi".',
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
