// @x/protocol in a page: every door of the bundles that are published, loaded by Chromium as they are.
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join, relative } from "node:path";
import { promisify } from "node:util";

import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { roundTrips } from "../src/browser/round-trips.ts";
import { CHROMIUM_ARGUMENTS } from "../src/chromium-arguments.ts";
import { needs } from "../src/needs.ts";
import { findProgram } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";

const PROTOCOL = join(import.meta.dirname, "../../../packages/protocol");
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
/** No such host is asked: every request of the page is answered here. */
const ORIGIN = "http://page.test";

interface Manifest {
  publishConfig: { exports: Record<string, { default: string } | string> };
}

const manifest = JSON.parse(readFileSync(join(PROTOCOL, "package.json"), "utf8")) as Manifest;
/** What is imported, and the file of `dist` behind it. */
const doors = Object.entries(manifest.publishConfig.exports).flatMap(([door, target]) =>
  typeof target === "string" ? [] : [[door.replace(".", "@x/protocol"), relative("dist", target.default)] as const],
);

describe("the bundles of @x/protocol", () => {
  const dist = temporaryFolder();
  beforeAll(async () => {
    // Built for this test, so that none is stale; the types take most of the time and nobody loads them.
    await promisify(execFile)("tsup", ["--no-dts", "--out-dir", dist.path], {
      cwd: PROTOCOL,
      env: { ...process.env, PATH: `${join(PROTOCOL, "node_modules/.bin")}:${process.env["PATH"]}` },
    });
  });
  afterAll(() => dist.remove());

  const read = (file: string): string => readFileSync(join(dist.path, file), "utf8");

  test("import nothing but each other: no node:, no package", () => {
    const files = globSync("**/*.js", { cwd: dist.path });
    expect(files).toEqual(expect.arrayContaining(doors.map(([, file]) => file)));
    for (const file of files) {
      const imports = [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(
        (match) => match[1],
      );
      expect(imports.filter((specifier) => !/^\.{1,2}\/[\w./-]+\.js$/.test(specifier ?? ""))).toEqual([]);
      expect(read(file)).not.toMatch(/["']node:|\brequire\(/);
    }
  });

  describe.runIf(needs("Chromium", BROWSERS))("in Chromium", () => {
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: findProgram(BROWSERS) ?? "",
        args: CHROMIUM_ARGUMENTS,
        timeout: 90_000,
      });
      page = await browser.newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => complaints.push(message.text()));
      const imports = Object.fromEntries(doors.map(([door, file]) => [door, `/dist/${file}`]));
      const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
      const script = readFileSync(join(import.meta.dirname, "../src/browser/round-trips.ts"), "utf8");
      await page.route(`${ORIGIN}/**`, async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname === "/") await route.fulfill({ contentType: "text/html", body: html });
        else if (pathname === "/round-trips.js") {
          await route.fulfill({ contentType: "text/javascript", body: stripTypeScriptTypes(script) });
        } else if (pathname.startsWith("/dist/") && pathname.endsWith(".js")) {
          await route.fulfill({ contentType: "text/javascript", body: read(pathname.slice("/dist/".length)) });
        } else await route.fulfill({ status: 404 });
      });
      await page.goto(`${ORIGIN}/`);
    });
    afterAll(() => browser?.close());

    test("there is nothing of Node in the page", async () => {
      expect(await page.evaluate("[typeof Buffer, typeof process, typeof require]")).toEqual(
        Array.from({ length: 3 }, () => "undefined"),
      );
    });

    test.for(doors)("%s gives the same names as in Node", async ([door]) => {
      const names = await page.evaluate(`import(${JSON.stringify(door)}).then((module) => Object.keys(module).sort())`);
      expect(names).toEqual(Object.keys((await import(door)) as object).toSorted());
    });

    test("[P16] [P35] [P37] [P38] [C2] [C21] [S1] [S2] what is encoded, decoded and run by both sessions is the same as in Node", async () => {
      const here = await roundTrips();
      expect(await page.evaluate(`import("/round-trips.js").then((module) => module.roundTrips())`)).toEqual(here);
      expect(here["sessions"]).toEqual({
        told: ["multiplexes: true", "two 1, 2", "one 70000, 1", "close"],
        active: [0, 0],
      });
      expect(here).toMatchObject({
        nameValues: { same: true, names: ["FIXED", "ALL", "LONG"] },
        responseHead: { body: true, statusCode: 404, statusText: "caf\xe9" },
        metaVariables: { head: { method: "POST", url: "/b/index.php/7?x=%20", host: "h" } },
        timers: [100, 250, 1_000],
      });
    });

    test("the page had nothing to complain about", () => {
      expect(complaints).toEqual([]);
    });
  });
});
