// Our client in front of everybody's applications.
import { describe } from "vitest";

import type { ConnectionTraits } from "../src/behaviours/client-connections.ts";
import { describeApplication } from "../src/behaviours/client.ts";
import type { RunningApplication } from "../src/behaviours/client.ts";
import { needs, needsThat } from "../src/needs.ts";
import { buildGo, startGo } from "../src/peers/go.ts";
import { buildLibfcgi, startLibfcgi } from "../src/peers/libfcgi.ts";
import { startPerl } from "../src/peers/perl.ts";
import { startPhpCgi, startPhpFpm } from "../src/peers/php-fpm.ts";
import { startResponder } from "../src/peers/responder.ts";
import { startRuby } from "../src/peers/ruby.ts";
import { startUwsgi } from "../src/peers/uwsgi.ts";
import { startApplication } from "../src/running-application.ts";

const multiplexed = { capacity: 32, multiplex: 16, connections: 2 };

/** PHP serves one request a connection, says so from 8.3 on, and closes when it is spoken to otherwise. */
const php: ConnectionTraits = {
  capacity: 4,
  keeps: true,
  values: "does not multiplex",
  second: "costs one",
  unknownRole: "closed",
};

const fpms = ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"];
describe.runIf(needs("php-fpm", fpms))("x-client calls PHP-FPM", () => {
  const fpm =
    (settings: string[] = []) =>
    (): Promise<RunningApplication> =>
      startApplication((folder) => startPhpFpm(folder, "application", { children: 4, settings }), {
        script: "index.php",
      });
  const spare = ["pm.start_servers = 1", "pm.min_spare_servers = 1", "pm.max_spare_servers = 2"];
  describeApplication("capacity unknown", fpm(), { stderr: true });
  describeApplication("capacity known, connections kept", fpm(), {
    options: { capacity: 4 },
    stderr: true,
    fastcgi: php,
  });
  describeApplication("dynamic", fpm(["pm = dynamic", ...spare]), { options: { capacity: 4 }, fastcgi: php });
  describeApplication("ondemand, five requests a process", fpm(["pm = ondemand", "pm.max_requests = 5"]), {
    options: { capacity: 4 },
    fastcgi: php,
  });
});

describe.runIf(needs("php-cgi", ["php-cgi8.2", "php-cgi"]))("x-client calls php-cgi", () => {
  describeApplication(
    "one process",
    () => startApplication((_, socket) => startPhpCgi(socket), { script: "index.php" }),
    {
      options: { capacity: 1 },
      stderr: true,
      fastcgi: { ...php, capacity: 1 },
    },
  );
});

describe.runIf(needs("go", ["go"]))("x-client calls Go's net/http/fcgi", () => {
  const go = (): Promise<RunningApplication> => startApplication((folder, socket) => startGo(buildGo(folder), socket));
  describeApplication("a connection a request", go);
  describeApplication("multiplexed over two connections", go, {
    options: multiplexed,
    fastcgi: { capacity: 32, keeps: true, values: "multiplexes", second: "runs", unknownRole: "refused" },
  });
});

describe("x-client calls @x/responder", () => {
  const responder = (): Promise<RunningApplication> => startApplication((_, socket) => startResponder(socket));
  describeApplication("a connection a request", responder, { stderr: true });
  describeApplication("multiplexed over two connections", responder, {
    options: multiplexed,
    stderr: true,
    fastcgi: { capacity: 32, keeps: true, values: "multiplexes", second: "runs", unknownRole: "refused" },
  });
});

/** libfcgi's way, which Perl's FCGI.pm has, too: it reads on after GET_VALUES, until a request comes. */
const libfcgi: ConnectionTraits = {
  capacity: 1,
  keeps: true,
  values: "silent",
  second: "is refused",
  unknownRole: "closed",
  roles: true,
};

const libfcgiIsThere = needsThat("libfcgi", "sh", ["-c", "command -v cc && test -f /usr/include/fcgiapp.h"]);
describe.runIf(libfcgiIsThere)("x-client calls libfcgi's C library", () => {
  describeApplication(
    "one process",
    () => startApplication((folder, socket) => startLibfcgi(buildLibfcgi(folder), socket)),
    {
      options: { capacity: 1 },
      stderr: true,
      fastcgi: libfcgi,
    },
  );
});

describe.runIf(needsThat("Perl's FCGI", "perl", ["-MFCGI", "-e1"]))("x-client calls Perl's FCGI.pm", () => {
  describeApplication("one process", () => startApplication((_, socket) => startPerl(socket)), {
    options: { capacity: 1 },
    stderr: true,
    fastcgi: libfcgi,
  });
});

const rubyIsThere = needs("spawn-fcgi", ["spawn-fcgi"]) && needsThat("Ruby's fcgi", "ruby", ["-e", 'require "fcgi"']);
describe.runIf(rubyIsThere)("x-client calls Ruby's fcgi gem", () => {
  describeApplication("one process", () => startApplication((_, socket) => startRuby(socket)), {
    options: { capacity: 1 },
    stderr: true,
    fastcgi: { capacity: 1, keeps: false, values: "closed", second: "costs one", unknownRole: "closed" },
  });
});

describe.runIf(needsThat("uWSGI's Python", "uwsgi", ["--plugin", "python3", "--version"]))(
  "x-client calls uWSGI",
  () => {
    const uwsgi = (protocol: "fastcgi" | "scgi") => (): Promise<RunningApplication> =>
      startApplication(
        (_, socket) => startUwsgi(protocol, socket, 2),
        protocol === "scgi" ? { protocol: "scgi+" } : {},
      );
    // It keeps the params of one request in 64 KiB.
    describeApplication("as FastCGI server", uwsgi("fastcgi"), {
      options: { capacity: 2 },
      params: 12,
      fastcgi: { capacity: 2, keeps: false, values: "silent", second: "costs one", unknownRole: "served" },
    });
    describeApplication("as SCGI server", uwsgi("scgi"), { options: { capacity: 2 }, params: 12 });
  },
);
