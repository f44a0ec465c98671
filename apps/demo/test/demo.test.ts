import { existsSync } from "node:fs";

import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";

import { phpFpm } from "./programs.ts";
import { RunningDemo, isAlive, runFolderOf } from "./running-demo.ts";
import type { Application } from "./running-demo.ts";

const APPLICATIONS: readonly Application[] = ["php", "node"];
const WAIT = { timeout: 45_000, interval: 50 };

/** The numbers of all processes of an application. */
async function pids(demo: RunningDemo, application: Application): Promise<number[]> {
  const { processes } = await demo.status(application);
  return processes.map(({ pid }) => pid);
}

const RUNTIMES = [
  { runtime: "fpm", missing: phpFpm === false, answeredBy: /^PHP \d\S* by php-fpm$/, workers: 3 },
  { runtime: "wasm", missing: false, answeredBy: /^PHP 8\.4\S* by @x\/responder, as WebAssembly$/, workers: 1 },
];

describe.for(RUNTIMES.filter(({ missing }) => !missing))(
  "the demo with PHP by $runtime",
  ({ runtime, answeredBy, workers }) => {
    let demo: RunningDemo;

    beforeEach(async () => {
      // At first, and when a test that ended it is tried again.
      if (demo?.over !== false) demo = new RunningDemo(["--php-runtime", runtime]);
      await demo.url;
    });
    afterAll(() => demo?.[Symbol.asyncDispose]());

    test("both applications answer through the server, each from its own socket", async () => {
      // PHP-FPM listens before it has started all of its workers.
      const php = await vi.waitFor(async () => {
        const now = await demo.status("php");
        expect(now.processes).toHaveLength(workers);
        return now;
      }, WAIT);
      const node = await demo.status("node");
      expect(php.answeredBy).toMatch(answeredBy);
      expect(php.processes.map(({ pid }) => pid)).toContain(php.pid);
      expect(node.answeredBy).toBe(`Node ${process.versions.node} by @x/responder`);
      expect(node.processes.map(({ pid }) => pid)).toEqual([node.pid]);
      expect(new Set([php.pid, node.pid, demo.child.pid]).size).toBe(3);
      for (const { address } of [php, node]) expect(existsSync(address.slice("unix:".length))).toBe(true);
      expect(php.address).not.toBe(node.address);
    });

    test("the page and its parts are there", async () => {
      for (const path of [
        "/",
        "/assets/style.css",
        "/assets/page.js",
        "/favicon.svg",
        "/files.html",
        "/node/",
        "/php/",
      ]) {
        const response = await demo.fetch(path);
        expect([path, response.status]).toEqual([path, 200]);
        await response.arrayBuffer();
      }
    });

    test("a part of a file", async () => {
      const response = await demo.fetch("/assets/hills.svg", { headers: { range: "bytes=0-3" } });
      expect([response.status, await response.text()]).toEqual([206, "<svg"]);
      expect(response.headers.get("content-range")).toMatch(/^bytes 0-3\/\d+$/);
    });

    test("PHP gets a form, a path behind the script and an upload, and keeps a session", async () => {
      const form = await demo.fetch("/php/", { method: "POST", body: new URLSearchParams({ name: "<Åsa>" }) });
      expect(await form.text()).toContain("Good day, &lt;Åsa&gt;.");
      const cookie = form.headers.get("set-cookie")?.split(";")[0] ?? "";
      expect(cookie).toMatch(/^PHPSESSID=/);

      const path = await demo.fetch("/php/index.php/posts/7?colour=blue", { headers: { cookie } });
      const page = await path.text();
      expect(page).toContain("<code>/posts/7</code>");
      expect(page).toContain("<code>colour=blue</code>");
      for (const variable of ["DEMO_", "PHP_", "DOCUMENT_ROOT"]) expect(page).not.toContain(variable);
      expect(page).toContain("has seen this browser 2 times");

      const body = new FormData();
      body.set("file", new Blob([new Uint8Array(300_000).fill(65)]), "letters.bin");
      const upload = await demo.fetch("/php/", { method: "POST", body });
      expect(await upload.text()).toContain("“letters.bin” has 300,000 bytes");
    });

    test("[TK10] Node streams lines and a clock, and shows the variables of a request without what is confidential", async () => {
      const { token } = await demo.status("node");
      const lines = await demo.fetch("/node/lines");
      const reader = lines.body!.getReader();
      // The first line comes alone, long before the last one is written.
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toMatch(/^line 1 of 12, at [\d:.]+\n$/);
      await reader.cancel();

      const clock = await demo.fetch("/node/clock");
      expect(clock.headers.get("content-type")).toBe("text/event-stream");
      const ticks = clock.body!.getReader();
      expect(Buffer.from((await ticks.read()).value ?? []).toString()).toMatch(/^data: \d\d:\d\d:\d\d\n\n$/);
      await ticks.cancel();

      const page = await (await demo.fetch("/node/?a=%3Cb%3E", { headers: { cookie: "secret=1" } })).text();
      expect(page).toContain("<code>REQUEST_URI</code>");
      expect(page).toContain("a=%3Cb%3E");
      for (const confidential of [token, "DEMO_", "secret=1", "<code>PATH</code>"])
        expect(page).not.toContain(confidential);
    });

    test.for(APPLICATIONS)(
      "%s: a request that may not end the process is refused, and the process lives",
      async (application) => {
        const before = await pids(demo, application);
        const { token } = await demo.status(application);
        const own = await demo.url;
        const refused: [headers: Record<string, string>, status: number][] = [
          [{}, 403],
          [{ "x-demo-token": "wrong" }, 403],
          [{ "x-demo-token": token, origin: "https://evil.example" }, 403],
          [{ "x-demo-token": token, origin: "null" }, 403],
          [{ "x-demo-token": token, origin: own.replace("http:", "https:") }, 403],
          [{ "x-demo-token": token, origin: own, "sec-fetch-site": "cross-site" }, 403],
          [{ "x-demo-token": token, origin: own, "sec-fetch-site": "same-site" }, 403],
        ];
        for (const [headers, status] of refused) {
          const response = await demo.kill(application, headers);
          expect([headers, response.status]).toEqual([headers, status]);
          expect(await response.json()).toHaveProperty("error");
        }
        const get = await demo.kill(application, { "x-demo-token": token }, "GET");
        expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
        expect(await pids(demo, application)).toEqual(before);
      },
    );

    test.for(APPLICATIONS)(
      "%s: with the token the process ends after its answer, and another takes its place",
      async (application) => {
        const before = await pids(demo, application);
        const others = await pids(demo, application === "php" ? "node" : "php");
        const { token } = await demo.status(application);
        const response = await demo.kill(application, {
          "x-demo-token": token,
          origin: await demo.url,
          "sec-fetch-site": "same-origin",
        });
        expect(response.status).toBe(202);
        const { pid } = (await response.json()) as { pid: number };
        expect(before).toContain(pid);

        await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WAIT);
        const after = await vi.waitFor(async () => {
          const now = await pids(demo, application);
          expect(now).toHaveLength(before.length);
          expect(now).not.toContain(pid);
          return now;
        }, WAIT);
        expect(after.filter((one) => !before.includes(one))).toHaveLength(1);
        expect(await pids(demo, application === "php" ? "node" : "php")).toEqual(others);
        expect(demo.child.exitCode).toBeNull();
        expect((await demo.fetch("/favicon.svg")).status).toBe(200);
      },
    );

    test("Ctrl-C leaves no process, no socket file and no run folder, even while somebody looks at the clock", async () => {
      const clock = await demo.fetch("/node/clock");
      const ended = clock.text().catch(() => "cut");
      const { address } = await demo.status("php");
      const processes = demo.processes();
      expect(processes.length).toBeGreaterThanOrEqual(2);
      const { code, stderr } = await demo.stop("SIGINT");
      await ended;
      expect([code, stderr.replace(/^.*started as root.*\n/, "")]).toEqual([0, ""]);
      expect(processes.filter(isAlive)).toEqual([]);
      expect(existsSync(runFolderOf(address))).toBe(false);
    });
  },
);
