import { expect, test } from "vitest";

import { iniBytes, readIni } from "../../src/php/ini-file.ts";

test("sections, names and values, without comments and quotes", () => {
  const text = `; a comment
# an old one
before = 1
[www]
user = www-data
listen=/run/php/php8.2-fpm.sock ; where
  pm.max_children   =   5
php_admin_value[error_log] = "/var/log/a;b.log"
env[X] = 'a "b" ; c'
empty =
no value
[ other ]
a = "x" ; y
`;
  expect(readIni(text).map(({ section, name, value }) => [section, name, value])).toEqual([
    ["", "before", "1"],
    ["www", "user", "www-data"],
    ["www", "listen", "/run/php/php8.2-fpm.sock"],
    ["www", "pm.max_children", "5"],
    ["www", "php_admin_value[error_log]", "/var/log/a;b.log"],
    ["www", "env[X]", 'a "b" ; c'],
    ["www", "empty", ""],
    ["other", "a", "x"],
  ]);
});

test.each<[string, number | undefined]>([
  ["2M", 2_097_152],
  ["128k", 131_072],
  ["1G", 1_073_741_824],
  ["512", 512],
  ["0", 0],
  ["-1", undefined],
  ["2 M", 2_097_152],
  ["big", undefined],
  ["", undefined],
])("%j in bytes", (text, bytes) => {
  expect(iniBytes(text)).toBe(bytes);
});
