// DokuWiki as Debian has it, served by x-proxy, used by a person in Chromium.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { send } from "../src/http.ts";
import { needs } from "../src/needs.ts";
import { noise } from "../src/noise.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { BACKENDS } from "./backends.ts";
import type { Backend, BackendKind } from "./backends.ts";
import { CHROMIUM, openBrowser } from "./browser.ts";
import type { Watched } from "./browser.ts";
import { needsFiles } from "./needs-files.ts";
import { DOKUWIKI, USER, stageDokuWiki } from "./stage-dokuwiki.ts";

const FPM = ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"];
const present = [
  needs("php-fpm", FPM),
  needs("chromium", [CHROMIUM]),
  needsFiles("dokuwiki", `${DOKUWIKI}/doku.php`),
].every(Boolean);

const UPLOAD_BYTES = 5_000_000;
/** DokuWiki refuses a file in whose first bytes it sees HTML. */
const INSPECTED_BYTES = 256;

const TEXT = "====== First light ======\n\nSmørrebrød & 日本語.\n";

/** Of the program's and its data's own folders nothing is for visitors. */
const DENIED = [
  "/data/pages/start.txt",
  "/conf/local.php",
  "/conf/users.auth.php",
  "/inc/init.php",
  "/bin/dwpage.php",
  "/vendor/autoload.php",
];

describe.runIf(present)("DokuWiki", () => {
  for (const kind of BACKENDS) {
    describe(kind.title, () => {
      visit(kind);
    });
  }
});

/** The tests are the steps of one visit: each goes on where the one before it ended. */
function visit(kind: BackendKind): void {
  const folder = temporaryFolder();
  const bytes = noise(UPLOAD_BYTES).fill(0, 0, INSPECTED_BYTES);
  const upload = join(folder.path, "Five Megabytes.zip");
  let backend: Backend | undefined;
  let root: string;
  let proxy: RunningProxy;
  let browser: Watched;
  /** Characters of the proxy's log that were there before the test. */
  let logged = 0;

  beforeAll(async () => {
    root = stageDokuWiki(folder.path);
    writeFileSync(upload, bytes);
    backend = await kind.start(folder.path);
    proxy = await startXProxy([root, "--php", backend.php]);
    browser = await openBrowser(folder.path);
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
    await backend?.stop();
    folder.remove();
  });

  const shoot = (name: string) => browser.shoot(`${kind.name}-${name}`);
  const open = (path: string) => browser.page.goto(`${proxy.url}${path}`);
  const expectNoComplaints = () => {
    expect(browser.complaints.splice(0)).toEqual([]);
    const log = proxy.output().slice(logged).split("\n");
    expect(log.filter((line) => /\b(?:warning|error): (?!started as root)/.test(line))).toEqual([]);
  };

  test("the start page and all that belongs to it", async () => {
    await open("/");
    const { page } = browser;
    expect(proxy.output()).toMatch(/ {2}site {5}DokuWiki: no front controller, \d+ paths denied/);
    // The banner names the process of an application that is the proxy's own.
    if (kind.managed) expect(proxy.output()).toMatch(/php-fpm [\d.]+ started here \(process \d+/);
    expect((await page.textContent("h1"))?.trim()).toBe("A wiki behind x-proxy");
    expect(await page.textContent("#welcome")).toBe("Welcome");
    expect(await page.textContent("pre.code.php .kw1")).toBe("echo");
    await page.waitForFunction("window.jQuery && window.dw_page");
    await page.waitForFunction("[...document.images].every((image) => image.complete && image.naturalWidth > 0)");
    await shoot("start");
    const { responses } = browser;
    expect(responses[0]).toBe(`302 ${proxy.url}/`);
    expect(responses.slice(1).filter((line) => !line.startsWith("200 "))).toEqual([]);
    for (const part of ["css.php", "js.php", "jquery.php", "fetch.php", "taskrunner.php", ".svg", ".png", ".gif"]) {
      expect(responses.join("\n")).toContain(part);
    }
    expectNoComplaints();
  });

  test("login, with a wrong password first", async () => {
    const { page } = browser;
    await page.click("#dokuwiki__usertools .login");
    await logIn(page, "wrong");
    expect(await page.textContent("div.error")).toMatch(/username or password was wrong/);
    // DokuWiki answers `403 Login failed`, and the browser notes that on its console.
    expect(browser.complaints.splice(0).toSorted()).toEqual([
      expect.stringMatching(/^403 /),
      expect.stringContaining("403 (Login failed)"),
    ]);
    await logIn(page, USER.password);
    expect(await page.textContent("#dokuwiki__usertools .user")).toMatch(/Tess Tester/);
    await shoot("logged-in");
    expectNoComplaints();
  });

  test("a page is written, saved and seen, then changed", async () => {
    const { page } = browser;
    await open("/doku.php?id=notes:first");
    await page.click("#dokuwiki__pagetools .create");
    await page.fill("#wiki__text", TEXT);
    await page.click("#edbtn__save");
    await page.waitForSelector("#first_light");
    expect((await page.textContent(".page p"))?.trim()).toBe("Smørrebrød & 日本語.");
    expect(readFileSync(join(root, "data/pages/notes/first.txt"), "utf8")).toBe(TEXT);
    await page.click("#dokuwiki__pagetools .edit");
    expect(await page.inputValue("#wiki__text")).toBe(TEXT);
    await page.fill("#wiki__text", `${TEXT}\nA second line.\n`);
    await page.fill("#edit__summary", "more");
    await page.click("#edbtn__save");
    await page.waitForSelector(".page >> text=A second line.");
    await page.click("#dokuwiki__pagetools .revs");
    await page.waitForSelector("#page__revisions");
    expect(await page.locator("#page__revisions li").count()).toBe(2);
    await shoot("revisions");
    expectNoComplaints();
  });

  test("5 MB go up through the media manager and come back bit for bit", async () => {
    const { page } = browser;
    await open("/doku.php?id=start&do=media&ns=notes&tab_files=upload");
    await page.setInputFiles(".qq-upload-button input[type=file]", upload);
    await page.click("#mediamanager__upload_button");
    await page.click(".qq-upload-success a");
    await page.waitForSelector(".panel.file a.mediafile");
    await shoot("media");
    expect(readFileSync(await download(page, ".panel.file a.mediafile")).equals(bytes)).toBe(true);
    expectNoComplaints();
  });

  test("a part of them, as a download manager asks for it", async () => {
    const headers = { range: "bytes=1234567-3456789" };
    const part = await send(proxy.url, "/lib/exe/fetch.php?media=notes:five_megabytes.zip", { headers });
    expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes 1234567-3456789/${UPLOAD_BYTES}`]);
    expect(part.body.equals(bytes.subarray(1_234_567, 3_456_790))).toBe(true);
    expectNoComplaints();
  });

  test("without JavaScript the same file goes up in a form", async () => {
    const { page, complaints, close } = await openBrowser(folder.path, { javaScript: false });
    onTestFinished(close);
    await page.goto(`${proxy.url}/doku.php?id=start&do=login`);
    await logIn(page, USER.password);
    await page.goto(`${proxy.url}/doku.php?id=start&do=media&ns=notes&tab_files=upload`);
    await page.setInputFiles("input[name=upload]", upload);
    await page.fill("input[name=mediaid]", "by-form.zip");
    await page.click("#dw__upload button[type=submit]");
    await page.click("a[id='h_:notes:by-form.zip']");
    await page.waitForSelector(".panel.file a.mediafile");
    expect(readFileSync(await download(page, ".panel.file a.mediafile")).equals(bytes)).toBe(true);
    expect(complaints).toEqual([]);
    expectNoComplaints();
  });

  test("logout", async () => {
    const { page } = browser;
    await open("/doku.php?id=notes:first");
    await page.click("#dokuwiki__usertools .logout");
    await page.waitForSelector("#dokuwiki__usertools .login");
    expect(await page.locator("#dokuwiki__usertools .user").count()).toBe(0);
    await open("/doku.php?id=notes:first&do=edit");
    expect(await page.locator("#edbtn__save").count()).toBe(0);
    expectNoComplaints();
  });

  test("[TD08] its own folders are denied: a preset knows it", async () => {
    for (const path of DENIED) expect([403, 404], path).toContain((await send(proxy.url, path)).status);
  });
}

/** Fills the form of the login page. */
async function logIn(page: Page, password: string): Promise<void> {
  await page.fill("#dw__login input[name=u]", USER.name);
  await page.fill("#dw__login input[name=p]", password);
  await page.click("#dw__login button[type=submit]");
  await page.waitForSelector(password === USER.password ? "#dokuwiki__usertools .logout" : "div.error");
}

/** Clicks a link that gives a file; where the browser has put that. */
async function download(page: Page, link: string): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent("download"), page.click(link)]);
  return started.path();
}
