import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { chromium as executablePath } from "./programs.ts";
import { RunningDemo } from "./running-demo.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What the page looks like to different people. */
const VIEWS: readonly (BrowserContextOptions & { name: string })[] = [
  { name: "light", colorScheme: "light", viewport: { width: 1100, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1100, height: 900 } },
  { name: "narrow", colorScheme: "light", viewport: { width: 400, height: 800 } },
];

describe.skipIf(executablePath === false)("the page in Chromium", () => {
  const screenshots = mkdtempSync(join(tmpdir(), "demo-screenshots-"));
  let demo: RunningDemo;
  let browser: Browser;

  beforeAll(async () => {
    demo = new RunningDemo();
    browser = await chromium.launch({ executablePath: executablePath || "", args: ARGS, timeout: 60_000 });
    await demo.url;
    console.log(`screenshots: ${screenshots}`);
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  /** Opens a page and notes everything that the browser complains about. */
  async function open(view: BrowserContextOptions, path: string): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(view);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const { url } = message.location();
      // While an application is dead, the server answers the page's questions with 502, and the browser notes each.
      const dead = / 502 /.test(message.text()) && /\/status(?:\.php)?$/.test(url);
      if (!dead && message.type() !== "log") complaints.push(`${message.text()} (${url})`);
    });
    await page.goto(`${await demo.url}${path}`);
    return { page, complaints };
  }

  async function shoot(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    const wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    expect(wider).toBeLessThanOrEqual(0);
  }

  test.for(VIEWS)(
    "shows both applications, and each button brings a new process ($name)",
    async ({ name, ...view }) => {
      const { page, complaints } = await open(view, "/");
      await page.evaluate("window.notReloaded = true");
      for (const application of ["php", "node"]) {
        await page.waitForSelector(`.${application} .state[data-state=up]`);
        expect(await page.textContent(`.${application} [data-field=answeredBy]`)).toMatch(
          application === "php" ? /^PHP \d/ : /^Node \d/,
        );
        expect(await page.textContent(`.${application} [data-field=address]`)).toMatch(/^unix:\//);
      }
      await shoot(page, `${name}-1-before`);

      for (const application of ["php", "node"]) {
        const running = page.locator(`.${application} .processes li[data-pid]:not(.gone)`);
        const before = await running.evaluateAll((items) => items.map((item) => item.getAttribute("data-pid")));
        expect(before.length).toBeGreaterThan(0);
        // By the keyboard, as a person without a mouse does it.
        await page.focus(`.${application} button`);
        await page.keyboard.press("Enter");
        await page.waitForSelector(`.${application} .processes li.gone`);
        if (application === "node") await shoot(page, `${name}-2-gone`);
        const item = await page.waitForSelector(`.${application} .processes li.new`);
        const pid = await item.getAttribute("data-pid");
        expect(before).not.toContain(pid);
        const gone = await page.getAttribute(`.${application} .processes li.gone`, "data-gone");
        expect(before).toContain(gone);
        await page.waitForSelector(`.${application} .state[data-state=up]`);
        const told = new RegExp(`process ${pid} has taken the place of ${gone}, after [\\d.]+ s\\.`);
        expect(await page.textContent("[role=log]")).toMatch(told);
        await page.waitForSelector(`.${application} button[aria-disabled=false]:focus`);
      }
      expect(await page.evaluate("window.notReloaded")).toBe(true);
      expect(await page.textContent("[role=log]")).toMatch(/Server: still there/);
      await shoot(page, `${name}-3-after`);
      expect(complaints).toEqual([]);
      expect(demo.child.exitCode).toBeNull();
      await page.context().close();
    },
  );

  test.for(VIEWS)("the pages behind the links work ($name)", async ({ name, ...view }) => {
    const { page, complaints } = await open(view, "/php/index.php/posts/7?colour=blue");
    await page.fill("input[name=name]", "Åsa");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=Good day, Åsa.");
    await shoot(page, `${name}-php`);

    await page.goto(`${await demo.url}/node/`);
    await page.locator("#clock", { hasText: /^\d\d:\d\d:\d\d$/ }).waitFor();
    await page.click("#lines-start");
    await page.locator("#lines", { hasText: "line 3" }).waitFor();
    await shoot(page, `${name}-node`);

    await page.goto(`${await demo.url}/files.html`);
    await page.click("#range button");
    await page.waitForSelector("#range-answer:has-text('206 Partial Content')");
    await shoot(page, `${name}-files`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
