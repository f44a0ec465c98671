import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";

import { CHROMIUM_ARGUMENTS } from "../src/chromium-arguments.ts";

/** Debian's Chromium. */
export const CHROMIUM = "/usr/bin/chromium";

/** What a browser got, and all it had to complain about. */
export interface Watched {
  page: Page;
  /** `200 http://…` of each response, in order. */
  responses: string[];
  /** Statuses from 400, requests without a response, errors and warnings on the console, exceptions of scripts. */
  complaints: string[];
  /** A picture of the page, for people. */
  shoot(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Chromium with a new profile in the folder and opens its first page. */
export async function openBrowser(folder: string, options: { javaScript?: boolean } = {}): Promise<Watched> {
  const profile = mkdtempSync(join(folder, "chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: CHROMIUM_ARGUMENTS,
    timeout: 90_000,
    javaScriptEnabled: options.javaScript ?? true,
    viewport: { width: 1100, height: 900 },
  });
  // Shorter than a test's own limit, so that the message names the element.
  context.setDefaultTimeout(50_000);
  const page = context.pages()[0] ?? (await context.newPage());
  return { page, ...watch(context), shoot: shooter(page), close: () => context.close() };
}

function watch(context: BrowserContext): Pick<Watched, "responses" | "complaints"> {
  const responses: string[] = [];
  const complaints: string[] = [];
  context.on("response", (response) => {
    const line = `${response.status()} ${response.url()}`;
    responses.push(line);
    if (response.status() >= 400) complaints.push(line);
  });
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "failed";
    // The browser's own doing: the page is left before all of it came, or turns out to be a download.
    if (reason !== "net::ERR_ABORTED") complaints.push(`${reason} ${request.url()}`);
  });
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(`${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return { responses, complaints };
}

let screenshots: string | undefined;

function shooter(page: Page): Watched["shoot"] {
  return async (name) => {
    if (screenshots === undefined) {
      screenshots = mkdtempSync(join(tmpdir(), "x-sites-screenshots-"));
      console.log(`screenshots: ${screenshots}`);
    }
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  };
}
