import { expect, test } from "vitest";

import { readPools } from "../../src/php/fpm-pool.ts";

const FILE = "/etc/php/8.2/fpm/pool.d/www.conf";

test("the pool of Debian", () => {
  const text = `[www]
user = www-data
group = www-data
listen = /run/php/php8.2-fpm.sock
pm = dynamic
pm.max_children = 5
;pm.status_path = /status
`;
  expect(readPools(text, FILE)).toEqual([
    {
      name: "www",
      file: FILE,
      listen: "/run/php/php8.2-fpm.sock",
      maxChildren: 5,
      statusPath: undefined,
      user: "www-data",
      chroot: undefined,
      ini: new Map(),
    },
  ]);
});

test("more pools in one file, $pool, prefix and ini values", () => {
  const text = `[global]
error_log = /x
[a]
prefix = /srv/$pool
listen = run/$pool.sock
chroot = /srv/$pool
pm.status_path = /status
pm.max_children = many
php_admin_value[upload_max_filesize] = 32M
php_value[upload_max_filesize] = 1M
php_flag[display_errors] = off
[b]
listen = 127.0.0.1:9001
pm.max_children = 3
[c]
listen = 9002
[d]
user = nobody
`;
  const [a, b, c, ...more] = readPools(text, FILE);
  expect(more).toEqual([]);
  expect(a).toMatchObject({
    listen: "/srv/a/run/a.sock",
    chroot: "/srv/a",
    statusPath: "/status",
    maxChildren: undefined,
    ini: new Map([
      ["upload_max_filesize", "32M"],
      ["display_errors", "off"],
    ]),
  });
  expect(b).toMatchObject({ listen: "127.0.0.1:9001", maxChildren: 3 });
  expect(c).toMatchObject({ listen: "9002", maxChildren: undefined });
});
