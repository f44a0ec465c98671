import { expect, test } from "vitest";

import { isHidden, isScriptName } from "../../src/routing/hidden-names.ts";

test.each<[string, boolean]>([
  ["[TD08] /.env", true],
  ["[TD08] /.git/config", true],
  ["[TD08] /a/.htaccess", true],
  ["[TD08] /a/.x/b", true],
  ["[TD08] /.well-known/acme-challenge/x", false],
  ["[TD08] /.well-known", false],
  ["[TD08] /.well-knownx/a", true],
  ["[TD08] /.well-known/.git/x", true],
  ["[TD08] /a/.well-known/x", true],
  ["[TD08] /x~", true],
  ["[TD08] /index.php~", true],
  ["[TD08] /x.swp", true],
  ["[TD08] /config.php.BAK", true],
  ["[TD08] /config.php.old", true],
  ["[TD08] /#index.php#", true],
  ["[TD09] /config.php.bak.", true],
  ["[TK02] /x.config.ts", true],
  ["[TK02] /a/X.Config.yaml", true],
  ["[TK02] /x.config.json.", true],
  ["/x.config.html", false],
  ["/ax.config.ts", false],
  ["/a.b/c.d", false],
  ["/", false],
  ["/a/", false],
  ["/a~b", false],
  ["/bak", false],
])("%s", (title, hidden) => {
  expect(isHidden(title.replace(/^\[\w+\] /, ""))).toBe(hidden);
});

test.each<[string, boolean]>([
  ["[TD07] /index.php", true],
  ["[TD09] /INDEX.PHP", true],
  ["[TD09] /index.php.", true],
  ["[TD09] /index.php ", true],
  ["[TD09] /index.php. . ", true],
  ["[TD09] /index.php::$DATA", true],
  ["/index.phps", false],
  ["/php", false],
  ["/index.php/x", false],
])("%s", (title, script) => {
  expect(isScriptName(title.replace(/^\[\w+\] /, ""), [".php"])).toBe(script);
});
