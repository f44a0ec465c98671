// What becomes of requests when a real PHP-FPM dies, hangs, is restarted or goes on working after its answer.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Pool } from "@x/client";
import type { PoolOptions, ResponseData } from "@x/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { needs } from "../src/needs.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import type { PhpFpm } from "../src/peers/php-fpm.ts";
import { socketFolder, temporaryFolder } from "../src/temporary.ts";
import { until } from "../src/until.ts";

/** Each run leaves a line; then it does what the query says. `wait` is until the test makes the file. */
const SCRIPT = `<?php
$run = dirname(__FILE__) . "/run";
file_put_contents("$run/ran", $_SERVER["QUERY_STRING"] . " " . getmypid() . "\\n", FILE_APPEND | LOCK_EX);
function wait() { global $run; while (!file_exists("$run/go")) { usleep(5000); clearstatcache(); } }
switch ($_SERVER["QUERY_STRING"]) {
  case "pid": echo getmypid(); break;
  case "die": posix_kill(getmypid(), 9); break;
  case "die-late": echo str_repeat("x", 100000); flush(); posix_kill(getmypid(), 9); break;
  case "hang": wait(); echo "after all"; break;
  case "stall": echo str_repeat("x", 20000); flush(); wait(); break;
  case "finish": echo "answered"; fastcgi_finish_request(); wait(); file_put_contents("$run/finished", ""); break;
  case "loud": for ($i = 0; $i < 3000; $i++) { error_log(str_repeat("e", 1000)); } echo "quiet"; break;
}`;

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))(
  "a pool and PHP-FPM's faults",
  () => {
    let folder: ReturnType<typeof temporaryFolder>;
    let script: string;
    let run: string;
    let fpm: PhpFpm;
    let pool: Pool;

    beforeEach(() => {
      folder = temporaryFolder();
      run = socketFolder(folder.path);
      script = join(folder.path, "fault.php");
      writeFileSync(script, SCRIPT, { mode: 0o644 });
    });
    afterEach(async () => {
      go();
      await pool?.destroy();
      await fpm?.stop();
      folder.remove();
    });

    async function start(options: PoolOptions = {}, children = 2, settings: readonly string[] = []): Promise<void> {
      fpm = await startPhpFpm(folder.path, "fpm", { children, settings });
      pool = new Pool(fpm.address, { capacity: children, ...options });
    }
    const go = (): void => writeFileSync(join(run, "go"), "");
    const send = (what: string, more: Partial<Parameters<Pool["request"]>[0]> = {}): Promise<ResponseData> =>
      pool.request({ params: { REQUEST_METHOD: "GET", SCRIPT_FILENAME: script, QUERY_STRING: what }, ...more });
    const ask = async (what: string, more?: Parameters<typeof send>[1]): Promise<string> =>
      (await send(what, more)).body.text();
    const ran = (what: string): number =>
      existsSync(join(run, "ran"))
        ? readFileSync(join(run, "ran"), "utf8")
            .split("\n")
            .filter((line) => line.startsWith(`${what} `)).length
        : 0;

    test("[f01] killed before a byte: the request fails, is not run again, and a new process serves the next", async () => {
      await start();
      await expect(ask("die")).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" });
      expect(ran("die")).toBe(1);
      expect(await ask("pid", { idempotent: true })).toMatch(/^\d+$/);
    });

    test("[f01] … and on a connection that had served others an idempotent one runs twice at most", async () => {
      await start({}, 1);
      await ask("pid");
      await expect(ask("die", { idempotent: true })).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" });
      // Once, if the connection had become too old to be used again.
      expect(ran("die")).toBeOneOf([1, 2]);
      expect(await ask("pid", { idempotent: true })).toMatch(/^\d+$/);
    });

    test("[f03] killed in the middle of its answer: the body fails, and is not taken for whole", async () => {
      await start();
      const { statusCode, body } = await send("die-late", { idempotent: true });
      expect(statusCode).toBe(200);
      await expect(body.text()).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET", phase: "response-body" });
      expect(ran("die-late")).toBe(1);
    });

    test("[f06] [f50] restarted: what ran fails, GET on a kept connection is sent again, the next find the new one", async () => {
      await start();
      await ask("pid");
      await Promise.all([
        expect(send("hang", { idempotent: false })).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" }),
        begun("hang").then(() => fpm.stop()),
      ]);
      fpm = await startPhpFpm(folder.path, "fpm", { children: 2 });
      expect(await ask("pid", { idempotent: true })).toMatch(/^\d+$/);
      expect(ran("hang")).toBe(1);
    });

    test("[f50] SIGUSR2 without process_control_timeout: a POST that runs fails once, and is not run twice", async () => {
      await start({}, 1);
      const running = send("hang", { params: post("hang"), stdin: "form=1" });
      await Promise.all([
        expect(running).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" }),
        begun("hang").then(() => process.kill(fpm.pid, "SIGUSR2")),
      ]);
      await using patient = new Pool(fpm.address, { capacity: 2, waitForStart: true, connectTimeout: 20_000 });
      const { body } = await patient.request({ params: post("pid"), stdin: "form=1" });
      expect(await body.text()).toMatch(/^\d+$/);
      expect(ran("hang")).toBe(1);
    });

    test("[f09] [f13] a stopped PHP-FPM: whoever waits for a process waits, and is served when it goes on", async () => {
      await start({ queueTimeout: 20_000 }, 1);
      const pid = await ask("pid");
      process.kill(Number(pid), "SIGSTOP");
      const waiting = [ask("pid"), ask("pid", { reuse: false })];
      try {
        await expect(ask("pid", { queueTimeout: 300 })).rejects.toMatchObject({ code: "FCGI_ERR_QUEUE_TIMEOUT" });
      } finally {
        // PHP-FPM would wait for ever for a process that cannot end.
        process.kill(Number(pid), "SIGCONT");
      }
      expect(await Promise.all(waiting)).toEqual([pid, pid]);
    });

    test("[f10] no answer in time: FCGI_ERR_HEADERS_TIMEOUT; its process is free again when it has ended", async () => {
      await start({ headersTimeout: 300 }, 1);
      await expect(ask("hang")).rejects.toMatchObject({ code: "FCGI_ERR_HEADERS_TIMEOUT", phase: "response-head" });
      go();
      expect(await ask("pid", { headersTimeout: 20_000, idempotent: true })).toMatch(/^\d+$/);
    });

    test("[f11] a head and then nothing: FCGI_ERR_BODY_TIMEOUT", async () => {
      await start({ bodyTimeout: 300 });
      const { body } = await send("stall");
      await expect(body.text()).rejects.toMatchObject({ code: "FCGI_ERR_BODY_TIMEOUT", phase: "response-body" });
    });

    test("[f20] a flood on stderr: the end of it is kept, the answer is whole", async () => {
      await start({}, 2, ["php_admin_value[log_errors] = on"]);
      const { body, stderr } = await send("loud");
      expect(await body.text()).toBe("quiet");
      expect(await stderr).toMatch(/^[^]{1000,65536}$/);
    });

    test("[f52] fastcgi_finish_request with a connection of its own: answered, and nobody waits behind it", async () => {
      await start();
      expect(await ask("finish", { reuse: false })).toBe("answered");
      // One process still works; the other serves, one after the other.
      for (let count = 0; count < 5; count++) expect(await ask("pid")).toMatch(/^\d+$/);
      expect(existsSync(join(run, "finished"))).toBe(false);
      go();
    });

    test("[f52] … and with a shared one: who comes behind it waits, and is served when the process is free", async () => {
      await start({}, 1);
      expect(await ask("finish")).toBe("answered");
      const behind = ask("pid", { idempotent: true });
      expect(existsSync(join(run, "finished"))).toBe(false);
      go();
      expect(await behind).toMatch(/^\d+$/);
      expect(existsSync(join(run, "finished"))).toBe(true);
    });

    const post = (what: string): Record<string, string> => ({
      REQUEST_METHOD: "POST",
      SCRIPT_FILENAME: script,
      QUERY_STRING: what,
      CONTENT_LENGTH: "6",
      CONTENT_TYPE: "application/x-www-form-urlencoded",
    });

    /** PHP has begun to run it. */
    async function begun(what: string): Promise<void> {
      await until(
        `PHP runs ${what}`,
        () => ran(what),
        (times) => times > 0,
        { output: () => fpm.output() },
      );
    }
  },
);
