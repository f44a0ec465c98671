import { expect, test } from "vitest";

import { phpFpmConfig } from "../../src/processes/php-fpm-config.ts";
import type { PhpFpmSettings } from "../../src/processes/php-fpm-config.ts";

const settings: PhpFpmSettings = {
  pool: "php",
  listen: "/run/x-proxy/1-abc/php/php.sock",
  children: 5,
  manager: "static",
  bodyLimit: 8_388_608,
  environment: ["PATH", "HOME"],
  ini: new Map([["memory_limit", "256M"]]),
};

test("the file of a pool", () => {
  expect(phpFpmConfig(settings)).toBe(`[global]
daemonize = no
error_log = /dev/null
log_limit = 8192
[php]
listen = '/run/x-proxy/1-abc/php/php.sock'
listen.mode = 0600
listen.backlog = 511
pm = static
pm.max_children = 5
pm.process_idle_timeout = 10s
catch_workers_output = yes
decorate_workers_output = no
clear_env = yes
env[PATH] = $PATH
env[HOME] = $HOME
php_value[log_errors] = 1
php_value[post_max_size] = 8388608
php_value[upload_max_filesize] = 8388608
php_value[memory_limit] = '256M'
`);
});

test("no limit on request bodies is none in PHP either", () => {
  expect(phpFpmConfig({ ...settings, bodyLimit: Infinity })).toContain(
    "\nphp_value[post_max_size] = 0\nphp_value[upload_max_filesize] = 0\n",
  );
});

test("[TJ08] nothing in it can begin a line of its own or end a quote", () => {
  const ini =
    (name: string, value: string): (() => string) =>
    () =>
      phpFpmConfig({ ...settings, ini: new Map([[name, value]]) });
  expect(ini("a", "1\nlisten = 0.0.0.0:9000")).toThrow(
    "the value of a may hold neither a single quote nor control characters.",
  );
  expect(ini("a", "1' b")).toThrow("single quote");
  expect(ini("a]\nb", "1")).toThrow("is no name of a php.ini value.");
  expect(ini("session.name", 'a;b "${PATH}"')()).toContain(`php_value[session.name] = 'a;b "\${PATH}"'`);
  expect(() => phpFpmConfig({ ...settings, listen: "/a\nb" })).toThrow("control characters");
});

test("a pool whose name php-fpm would not take gets another one", () => {
  expect(phpFpmConfig({ ...settings, pool: "global" })).toContain("\n[pool]\n");
  expect(phpFpmConfig({ ...settings, pool: "a]\n[b" })).toContain("\n[pool]\n");
});
