import { expect, test } from "vitest";

import { DenyList } from "../../src/routing/deny-list.ts";

const LIST = [
  "/data/*",
  "/wp-config.php",
  "*.inc",
  "*.tpl.php",
  "/wp-content/uploads/**/*.php",
  "/sites/*/private/*",
  "/Käse/*",
];

const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

test.each<[string, string | undefined]>([
  ["/data/pages/start.txt", "/data/*"],
  ["/data/", "/data/*"],
  ["/data", "/data/*"],
  ["[TD02] /database/x", undefined],
  ["/x/data/y", undefined],
  ["/wp-config.php", "/wp-config.php"],
  ["/x/wp-config.php", undefined],
  ["/a/b/c.inc", "*.inc"],
  ["/c.inc", "*.inc"],
  ["/c.inc/x", undefined],
  ["/c.include", undefined],
  ["/themes/a/page.tpl.php", "*.tpl.php"],
  ["/wp-content/uploads/x.php", "/wp-content/uploads/**/*.php"],
  ["/wp-content/uploads/2026/11/x.php", "/wp-content/uploads/**/*.php"],
  ["/wp-content/uploads/2026/x.jpg", undefined],
  ["/sites/default/private/a/b", "/sites/*/private/*"],
  ["/sites/default/files/a", undefined],
  ["[TD09] /DATA/pages/start.txt", "/data/*"],
  ["[TD09] /WP-Config.PHP", "/wp-config.php"],
  ["[TD09] /wp-config.php.", "/wp-config.php"],
  ["[TD09] /wp-config.php. .", "/wp-config.php"],
  ["[TD09] /wp-config.php::$DATA", "/wp-config.php"],
  ["[TD09] /data./x", "/data/*"],
  ["[TD09] /data::$INDEX_ALLOCATION/x", "/data/*"],
  ["[TD09] /wp-content/UPLOADS/x.pHp", "/wp-content/uploads/**/*.php"],
  [latin1("/Käse/x"), "/Käse/*"],
  [latin1("/kÄse/x"), undefined],
  ["/", undefined],
  ["", undefined],
])("%s", (title, pattern) => {
  const list = new DenyList(LIST);
  const path = title.replace(/^\[\w+\] /, "");
  expect(list.find(path)).toBe(pattern);
  // Remembered or not, the answer is the same.
  expect(list.find(path)).toBe(pattern);
});

test("many paths do not stay in memory, and long ones never do", () => {
  const list = new DenyList(LIST);
  for (let index = 0; index < 3_000; index++) {
    expect(list.find(`/data/${index}`)).toBe("/data/*");
    expect(list.find(`/${index}`)).toBeUndefined();
  }
  expect(list.find(`/data/${"x".repeat(5_000)}`)).toBe("/data/*");
});
