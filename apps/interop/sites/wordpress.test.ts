// WordPress as Debian has it, unpacked and set up by a person in Chromium, served by x-proxy with nothing configured.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { needs } from "../src/needs.ts";
import { startMariaDb } from "../src/peers/mariadb.ts";
import type { MariaDb } from "../src/peers/mariadb.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { CHROMIUM, openBrowser } from "./browser.ts";
import type { Watched } from "./browser.ts";
import { needsFiles } from "./needs-files.ts";
import { WORDPRESS, stageWordPress } from "./stage-wordpress.ts";
import { Visitor } from "./visitor.ts";

const present = [
  needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]),
  needs("chromium", [CHROMIUM]),
  needs("MariaDB", ["mariadbd"]),
  needsFiles("wordpress", `${WORDPRESS}/wp-login.php`),
  needsFiles("wordpress-theme-twentytwentythree", `${WORDPRESS}/wp-content/themes/twentytwentythree/style.css`),
].every(Boolean);

const USER = { name: "ada", password: "engines-and-cards-1843" };

/** What PHP complains of that is not ours: Debian's changes to the installation, and that nobody is at wordpress.org. */
const OF_OTHERS = /Undefined variable \$upload_path|secure connection to WordPress\.org/;

/** What WordPress asks its own server, and says of the answer on its page Site Health. */
const HEALTH = ["loopback-requests", "authorization-header"];

/** Large enough for all smaller sizes. */
const PICTURE = "wp-content/themes/twentytwentythree/screenshot.png";

/** Pictures of its help lie at wordpress.org. */
const ELSEWHERE = "https://s.w.org/";

const DENIED = [
  "/wp-config.php",
  "/wp-config-sample.php",
  "/wp-content/uploads/evil.php",
  "/wp-content/debug.log",
  "/wp-admin/includes/file.php",
  "/readme.html",
];

/** The tests are the steps of one visit: each goes on where the one before it ended. */
describe.runIf(present)("WordPress, --php auto", () => {
  const folder = temporaryFolder();
  let root: string;
  let database: MariaDb;
  let proxy: RunningProxy;
  let browser: Watched;
  let page: Page;
  /** Characters of the proxy's log that were there before the test. */
  let logged = 0;
  /** Where the post is that a test has written. */
  let post: string;

  beforeAll(async () => {
    root = stageWordPress(folder.path);
    database = await startMariaDb(folder.path, USER);
    proxy = await startXProxy([root, "--php", "auto"]);
    browser = await openBrowser(folder.path);
    ({ page } = browser);
  });
  // A test that is tried again is not told what its first try has seen.
  beforeEach(() => {
    browser.responses.splice(0);
    browser.complaints.splice(0);
    logged = proxy.output().length;
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.stop();
    await database?.stop();
    folder.remove();
  });

  const open = (path: string) => page.goto(`${proxy.url}${path}`);
  const shoot = (name: string) => browser.shoot(`wordpress-${name}`);
  const expectNoComplaints = () => {
    expect(browser.complaints.splice(0).filter((line) => !line.includes(ELSEWHERE))).toEqual([]);
    expect(browser.responses.filter((line) => !/^(?:200|302|304) /.test(line))).toEqual([]);
    const log = proxy.output().slice(logged).split("\n");
    const complaints = log.filter((line) => /\b(?:warning|error): (?!started as root)/.test(line));
    expect(complaints.filter((line) => !OF_OTHERS.test(line))).toEqual([]);
  };

  test("is set up in the browser, from the unpacked archive on", async () => {
    await open("/");
    expect(page.url()).toBe(`${proxy.url}/wp-admin/setup-config.php`);
    expect(proxy.output()).toMatch(/ {2}site {5}WordPress: front controller \/index\.php, \d+ paths denied/);
    await page.click("a.button");
    await page.fill("#dbname", "kitchen");
    await page.fill("#uname", USER.name);
    await page.fill("#pwd", USER.password);
    await page.fill("#dbhost", `localhost:${database.socket}`);
    await page.click("input[type=submit]");
    await page.click("a.button");
    // Its script fills in a password of its own, takes the keyboard's focus there, so that what is typed elsewhere at that
    // moment is lost, and from then on keeps a second field like the first.
    await page.waitForFunction("document.querySelector('#pass1').value !== ''");
    await page.fill("#weblog_title", "A blog behind x-proxy");
    await page.fill("#user_login", USER.name);
    await page.fill("#pass1", USER.password);
    await page.fill("#admin_email", "ada@example.com");
    await page.click("#submit");
    await page.waitForSelector("h1 >> text=Success!");
    expect(readFileSync(join(root, "wp-config.php"), "utf8")).toContain(database.socket);
    await shoot("installed");
    expectNoComplaints();
  });

  test("login, and the dashboard with all that belongs to it", async () => {
    await open("/wp-admin/");
    await page.fill("#user_login", USER.name);
    await page.fill("#user_pass", USER.password);
    await page.click("#wp-submit");
    await page.waitForSelector("#dashboard-widgets");
    await shoot("dashboard");
    expectNoComplaints();
  });

  test("addresses without /index.php: chosen at its installation, and offered by its settings", async () => {
    await open("/wp-admin/options-permalink.php");
    expect(await page.inputValue("#permalink_structure")).toBe("/%year%/%monthnum%/%day%/%postname%/");
    expect(await page.textContent(".form-table")).not.toContain("/index.php");
    await page.check("input[value='/%postname%/']");
    await page.click("#submit");
    await page.waitForSelector("#setting-error-settings_updated");
    await shoot("permalinks");
    await open("/sample-page/");
    expect(await page.textContent("h1, h2")).toBe("Sample Page");
    expectNoComplaints();
  });

  test("its own verdict on the server: it reaches itself, and passwords arrive", async () => {
    await open("/wp-admin/site-health.php?tab=debug");
    const verdicts = await page.evaluate(async (names) => {
      const { nonce } = (globalThis as unknown as { wpApiSettings: { nonce: string } }).wpApiSettings;
      const headers = { "x-wp-nonce": nonce, authorization: `Basic ${btoa("user:pwd")}` };
      const ask = async (name: string): Promise<unknown> => {
        const answer = await fetch(`/wp-json/wp-site-health/v1/tests/${name}`, { headers });
        return ((await answer.json()) as { status: unknown }).status;
      };
      return Promise.all(names.map(ask));
    }, HEALTH);
    expect(verdicts).toEqual(HEALTH.map(() => "good"));
    expectNoComplaints();
  });

  test("a picture goes up in the media library, and its smaller sizes are made", async () => {
    await open("/wp-admin/media-new.php");
    await page.setInputFiles("input[type=file][id^=html5_]", {
      name: "Käse.png",
      mimeType: "image/png",
      buffer: readFileSync(join(root, PICTURE)),
    });
    await page.click(".media-item a.edit-attachment");
    await shoot("picture");
    const uploaded = readdirSync(join(root, "wp-content/uploads"), { recursive: true, encoding: "utf8" });
    const names = uploaded.filter((name) => name.endsWith(".png")).toSorted();
    expect(names.length).toBeGreaterThan(2);
    expectNoComplaints();
  });

  test("a post is written in the block editor", async () => {
    await open("/wp-admin/post-new.php");
    await page.click("[aria-label='Close dialog'], [aria-label='Close']");
    await page.click("h1.wp-block-post-title");
    await page.keyboard.type("Smørrebrød & 日本語");
    await page.keyboard.press("Enter");
    await page.keyboard.type("First light.");
    await page.click(".editor-post-publish-panel__toggle");
    await page.click(".editor-post-publish-button");
    post = (await page.getAttribute(".post-publish-panel__postpublish-buttons a", "href")) ?? "";
    await shoot("written");
    expect(post).toBe(`${proxy.url}/smorrebrod-%e6%97%a5%e6%9c%ac%e8%aa%9e/`);
    expectNoComplaints();
  });

  test("a stranger reads it, by its address, by search, feed and sitemap, and comments", async () => {
    const stranger = new Visitor(proxy.url);
    const path = post.slice(proxy.url.length);
    const read = await stranger.ask(path);
    expect([read.status, read.body.toString()]).toEqual([200, expect.stringContaining("<p>First light.</p>")]);
    const id = /name='comment_post_ID' value='(\d+)'/.exec(read.body.toString())?.[1] ?? "";
    const moved = await stranger.ask(`/?p=${id}`);
    expect([moved.status, moved.headers.location]).toEqual([301, post]);
    for (const page of ["/?s=light", "/feed/", "/wp-sitemap-posts-post-1.xml", "/wp-json/wp/v2/posts"]) {
      const { status, body } = await stranger.ask(page);
      // JSON of PHP writes `\/`.
      expect([page, status, body.toString().replaceAll("\\/", "/").includes(path)]).toEqual([page, 200, true]);
    }
    const fields = {
      comment_post_ID: id,
      author: "Bo",
      email: "bo@example.com",
      comment: "Bien <b>dit</b>",
      comment_parent: "0",
    };
    const said = await stranger.post("/wp-comments-post.php", fields);
    expect([said.status, said.headers.location]).toEqual([302, expect.stringContaining(post)]);
    const missing = await stranger.ask("/nothing/here/");
    expect([missing.status, missing.body.toString()]).toEqual([404, expect.stringContaining("A blog behind x-proxy")]);
  });

  test("[TD08] nobody gets what is not for the world, and what was uploaded does not run", async () => {
    writeFileSync(join(root, "wp-content/uploads/evil.php"), "<?php echo 'ran';");
    writeFileSync(join(root, "wp-content/debug.log"), "secret");
    const stranger = new Visitor(proxy.url);
    for (const path of DENIED) expect([path, (await stranger.ask(path)).status]).toEqual([path, 404]);
  });
});
