// Our proxy in front of everybody's applications.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { describeGateway } from "../src/behaviours/gateway.ts";
import type { RunningGateway } from "../src/behaviours/gateway.ts";
import { freePort } from "../src/free-port.ts";
import { send } from "../src/http.ts";
import { needs } from "../src/needs.ts";
import { buildGo } from "../src/peers/go.ts";
import { startPhpCgi, startPhpFpm } from "../src/peers/php-fpm.ts";
import { startResponder } from "../src/peers/responder.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import { keepRunning } from "../src/program.ts";
import { copySite, socketFolder, temporaryFolder } from "../src/temporary.ts";

const FPM = ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"];

describe.runIf(needs("php-fpm", FPM))("x-proxy ROOT --php ADDRESS, real PHP-FPM", () => {
  for (const transport of ["unix", "tcp"] as const) {
    const start = async (): Promise<RunningGateway> => {
      const folder = temporaryFolder();
      const site = copySite(folder.path);
      const fpm = await startPhpFpm(folder.path, "fpm", {
        children: 4,
        ...(transport === "tcp" ? { port: await freePort() } : {}),
      });
      const proxy = await startXProxy([site, "--php", fpm.address]);
      const stop = async (): Promise<void> => {
        await proxy.stop();
        await fpm.stop();
        folder.remove();
      };
      return { url: proxy.url, path: "/index.php", output: proxy.output, stop };
    };
    describeGateway(`over ${transport}`, start, { php: true, ours: true });
  }

  test("static files beside the scripts: whole, a range, a validator, a 404; scripts never as text", async () => {
    const folder = temporaryFolder();
    const site = copySite(folder.path);
    writeFileSync(join(site, "static/data.txt"), "0123456789");
    const fpm = await startPhpFpm(folder.path, "fpm", { children: 1 });
    const proxy = await startXProxy([site, "--php", fpm.address]);
    try {
      const whole = await send(proxy.url, "/static/data.txt");
      expect([whole.status, whole.body.toString(), whole.headers["content-type"]]).toEqual([
        200,
        "0123456789",
        "text/plain; charset=utf-8",
      ]);
      const range = await send(proxy.url, "/static/data.txt", { headers: { range: "bytes=2-4" } });
      expect([range.status, range.body.toString(), range.headers["content-range"]]).toEqual([
        206,
        "234",
        "bytes 2-4/10",
      ]);
      const same = await send(proxy.url, "/static/data.txt", {
        headers: { "if-none-match": whole.headers.etag ?? "" },
      });
      expect([same.status, same.body.length]).toEqual([304, 0]);
      const frontController = await send(proxy.url, "/no/such/page?mode=status&code=404");
      expect([frontController.status, frontController.body.toString()]).toEqual([404, "status 404"]);
      expect((await send(proxy.url, "/none.php")).status).toBe(404);
      expect((await send(proxy.url, "/static/data.txt/x.php")).status).toBe(404);
      const index = await send(proxy.url, "/?mode=status&code=200");
      expect([index.status, index.body.toString()]).toEqual([200, "status 200"]);
      mkdirSync(join(site, "folder"));
      writeFileSync(join(site, "folder/index.html"), "<p>index</p>");
      const slash = await send(proxy.url, "/folder?x=1");
      expect([slash.status, slash.headers.location]).toEqual([301, "/folder/?x=1"]);
    } finally {
      await proxy.stop();
      await fpm.stop();
      folder.remove();
    }
  });
});

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))("FPM's own pages", () => {
  test("[V41] are not served because their paths are asked for", async () => {
    const folder = temporaryFolder();
    const site = copySite(folder.path);
    const fpm = await startPhpFpm(folder.path, "fpm", {
      children: 1,
      settings: ["pm.status_path = /fpm-status", "ping.path = /fpm-ping"],
    });
    const proxy = await startXProxy([site, "--php", fpm.address]);
    try {
      for (const path of [
        "/fpm-status",
        "/fpm-status?full&json",
        "/fpm-ping",
        "/index.php/fpm-status",
        "/fpm-status/x.php",
      ]) {
        const { body } = await send(proxy.url, path);
        expect(body.toString(), path).not.toMatch(/accepted conn|start time|^pong/);
      }
    } finally {
      await proxy.stop();
      await fpm.stop();
      folder.remove();
    }
  });
});

describe.runIf(needs("php-cgi", ["php-cgi8.2", "php-cgi"]))("x-proxy ROOT --php ADDRESS, php-cgi", () => {
  test("one process, one request after the other", async () => {
    const folder = temporaryFolder();
    const site = copySite(folder.path);
    const socket = join(folder.path, "cgi.sock");
    const php = await startPhpCgi(socket);
    const proxy = await startXProxy([site, "--php", `unix:${socket}`]);
    try {
      const answers = await Promise.all([1, 2, 3, 4].map((n) => send(proxy.url, `/index.php?mode=bytes&size=${n}`)));
      expect(answers.map(({ status, body }) => [status, body.length])).toEqual([1, 2, 3, 4].map((n) => [200, n]));
    } finally {
      await proxy.stop();
      await php.stop();
      folder.remove();
    }
  });
});

const shapes = [
  ["pooled", { capacity: 16 }],
  ["multiplexed", { capacity: 32, multiplex: 16, connections: 2 }],
  ["nothing configured", {}],
] as const;

describe.runIf(needs("go", ["go"]))("x-proxy in front of Go's net/http/fcgi, which it runs itself", () => {
  for (const [name, upstream] of shapes) {
    const start = async (): Promise<RunningGateway> => {
      const folder = temporaryFolder();
      const socket = join(socketFolder(folder.path), "application.sock");
      const proxy = await startXProxy([
        "--config",
        configuration(folder.path, socket, upstream, {
          processes: { app: { kind: "command", command: [buildGo(folder.path), socket], upstream: "app" } },
        }),
      ]);
      const stop = async (): Promise<void> => {
        await proxy.stop();
        folder.remove();
      };
      return { url: proxy.url, path: "/application", output: proxy.output, stop };
    };
    describeGateway(name, start, { ours: true });
  }
});

describe("x-proxy in front of @x/responder", () => {
  for (const [name, upstream] of shapes) {
    const start = async (): Promise<RunningGateway> => {
      const folder = temporaryFolder();
      const socket = join(folder.path, "application.sock");
      const application = await keepRunning(() => startResponder(socket));
      const proxy = await startXProxy(["--config", configuration(folder.path, socket, upstream, {})]);
      const stop = async (): Promise<void> => {
        await proxy.stop();
        await application.stop();
        folder.remove();
      };
      return { url: proxy.url, path: "/application", output: proxy.output, stop };
    };
    describeGateway(name, start, { ours: true });
  }
});

/** Writes a configuration in which one application takes every path. */
function configuration(folder: string, socket: string, upstream: object, more: object): string {
  const file = join(folder, "x.config.json");
  const upstreams = { app: { addresses: [`unix:${socket}`], ...upstream } };
  writeFileSync(
    file,
    JSON.stringify({ root: copySite(folder), upstreams, routes: [{ fastcgi: { upstream: "app" } }], ...more }),
  );
  return file;
}
