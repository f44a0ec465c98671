import { describe, expect, test } from "vitest";

import { detectPreset, presetOf } from "../../src/presets/detect.ts";
import { PRESET_NAMES } from "../../src/presets/preset.ts";
import type { PresetName } from "../../src/presets/preset.ts";
import { DenyList } from "../../src/routing/deny-list.ts";
import { listing } from "../support/listing.ts";

/** What lies in a site of each kind, as its makers ship it. */
const SITES = {
  wordpress: ["index.php", "wp-load.php", "wp-config.php", "wp-includes/version.php", "wp-admin/index.php"],
  bedrock: ["composer.json", "config/application.php", "web/index.php", "web/wp-config.php", "web/app/uploads/x.jpg"],
  laravel: ["artisan", "composer.json", "public/index.php", "routes/web.php", "storage/app/public/x.jpg"],
  laravelPublic: ["../artisan", "index.php", "robots.txt"],
  symfony: ["bin/console", "composer.json", "public/index.php", "src/Kernel.php", "symfony.lock"],
  symfonyPublic: ["../bin/console", "index.php", "bundles/x.css"],
  drupal: ["index.php", "core/lib/Drupal.php", "sites/default/settings.php", "autoload.php"],
  drupalProject: ["composer.json", "vendor/autoload.php", "web/index.php", "web/core/lib/Drupal.php"],
  drupal7: ["index.php", "includes/bootstrap.inc", "sites/default/settings.php"],
  dokuwiki: ["doku.php", "index.php", "inc/init.php", "lib/exe/css.php", "data/pages/start.txt", "VERSION"],
  plain: ["index.php", "about.php", "style.css"],
  empty: [],
  slim: ["composer.json", "vendor/autoload.php", "public/index.php", "src/App.php"],
  cake: ["composer.json", "webroot/index.php"],
  projectWithIndex: ["composer.json", "index.php", "public/index.php"],
  libraryInSite: ["composer.json", "index.php", "vendor/autoload.php"],
} as const;

test.each<[keyof typeof SITES, PresetName, string, string | undefined]>([
  ["wordpress", "wordpress", ".", "/index.php"],
  ["bedrock", "wordpress", "web", "/index.php"],
  ["laravel", "laravel", "public", "/index.php"],
  ["laravelPublic", "laravel", ".", "/index.php"],
  ["symfony", "symfony", "public", "/index.php"],
  ["symfonyPublic", "symfony", ".", "/index.php"],
  ["drupal", "drupal", ".", "/index.php"],
  ["drupalProject", "drupal", "web", "/index.php"],
  ["drupal7", "drupal", ".", "/index.php"],
  ["dokuwiki", "dokuwiki", ".", undefined],
  ["plain", "plain", ".", "/index.php"],
  ["empty", "plain", ".", "/index.php"],
  ["slim", "plain", "public", "/index.php"],
  ["cake", "plain", "webroot", "/index.php"],
  ["projectWithIndex", "plain", ".", "/index.php"],
])("%s is %s with its root in %s", (site, name, documentRoot, frontController) => {
  const folder = listing(SITES[site]);
  const preset = detectPreset(folder);
  expect(preset.name).toBe(name);
  expect(preset.site(folder)).toMatchObject({ documentRoot, frontController });
});

test("WordPress is told of a server that it knows to have a front controller, the others of ours", () => {
  const software = (site: keyof typeof SITES): string | undefined =>
    detectPreset(listing(SITES[site])).site(listing(SITES[site])).params["SERVER_SOFTWARE"];
  expect([software("wordpress"), software("bedrock")]).toEqual(["x-proxy (like nginx)", "x-proxy (like nginx)"]);
  expect([software("plain"), software("laravel")]).toEqual([undefined, undefined]);
});

describe("[TD08] what nobody gets", () => {
  const denied = (site: keyof typeof SITES): DenyList => {
    const folder = listing(SITES[site]);
    return new DenyList(detectPreset(folder).site(folder).deny);
  };

  test.each<[keyof typeof SITES, readonly string[], readonly string[]]>([
    [
      "wordpress",
      [
        "/wp-config.php",
        "/wp-config-sample.php",
        "/wp-content/uploads/x.php",
        "/wp-content/uploads/2026/11/x.PHP",
        "/wp-content/debug.log",
        "/wp-admin/includes/file.php",
        "/readme.html",
        "/composer.lock",
      ],
      [
        "/index.php",
        "/wp-login.php",
        "/xmlrpc.php",
        "/wp-admin/admin-ajax.php",
        "/wp-content/uploads/2026/11/x.jpg",
        "/wp-content/plugins/a/readme.html",
        "/wp-content/themes/a/style.css",
        "/wp-includes/js/jquery/jquery.js",
      ],
    ],
    [
      "bedrock",
      ["/wp-config.php", "/app/uploads/x.php", "/wp/wp-admin/includes/file.php"],
      ["/wp/wp-login.php", "/app/uploads/x.jpg"],
    ],
    ["laravel", ["/storage/x.php", "/package.json"], ["/index.php", "/storage/x.jpg", "/build/manifest.json"]],
    ["symfony", ["/bundles/a/x.php", "/composer.json"], ["/index.php", "/bundles/a/x.css", "/style.css"]],
    [
      "drupal",
      [
        "/core/lib/Drupal.php",
        "/core/modules/node/node.module",
        "/core/modules/node/node.info.yml",
        "/modules/x/x.install",
        "/modules/x/src/X.php",
        "/sites/default/settings.php",
        "/sites/default/files/evil.php",
        "/sites/default/private/secret.pdf",
        "/themes/x/page.tpl.php",
        "/themes/x/page.html.twig",
        "/vendor/autoload.php",
        "/vendor/a/b.js",
        "/autoload.php",
        "/composer.json",
        "/web.config",
      ],
      [
        "/index.php",
        "/update.php",
        "/core/install.php",
        "/core/authorize.php",
        "/core/modules/statistics/statistics.php",
        "/core/misc/drupal.js",
        "/sites/default/files/x.jpg",
        "/robots.txt",
      ],
    ],
    [
      "dokuwiki",
      [
        "/data/pages/start.txt",
        "/data",
        "/conf/local.php",
        "/conf/users.auth.php",
        "/inc/init.php",
        "/bin/dwpage.php",
        "/vendor/autoload.php",
        "/VERSION",
        "/version",
        "/README",
        "/COPYING",
      ],
      ["/doku.php", "/lib/exe/css.php", "/lib/exe/fetch.php", "/lib/images/fileicons/svg/zip.svg", "/feed.php"],
    ],
    [
      "plain",
      ["/composer.json", "/composer.lock", "/package.json", "/package-lock.json", "/yarn.lock", "/pnpm-lock.yaml"],
      ["/index.php", "/about.php", "/vendor/shop.php", "/docs/package.json", "/style.css"],
    ],
    ["libraryInSite", ["/vendor/autoload.php", "/vendor/a/b/eval-stdin.php"], ["/vendor/a/b.css"]],
  ])("%s", (site, closed, open) => {
    const list = denied(site);
    expect(closed.filter((path) => list.find(path) === undefined)).toEqual([]);
    expect(open.filter((path) => list.find(path) !== undefined)).toEqual([]);
  });
});

test("a preset that is named is taken, whatever lies there", () => {
  for (const name of PRESET_NAMES) expect(presetOf(name).name).toBe(name);
  expect(presetOf("laravel").site(listing(SITES.plain)).documentRoot).toBe(".");
  expect(presetOf("drupal").site(listing([])).documentRoot).toBe(".");
});

test("Laravel's uploads lie outside of its public folder, behind a link", () => {
  expect(presetOf("laravel").site(listing(SITES.laravel)).links).toEqual(["storage/app/public"]);
  expect(presetOf("laravel").site(listing(SITES.laravelPublic)).links).toEqual(["../storage/app/public"]);
});
