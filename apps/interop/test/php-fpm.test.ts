// @x/client/php-fpm in front of a real PHP-FPM.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isFastCGIError, Pool } from "@x/client";
import { PhpFpm } from "@x/client/php-fpm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { needs } from "../src/needs.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import type { PhpFpm as Program, PhpFpmOptions } from "../src/peers/php-fpm.ts";
import { temporaryFolder } from "../src/temporary.ts";

const pages = ["pm.status_path = /fpm-status", "ping.path = /fpm-ping"];

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))("x-client and PHP-FPM", () => {
  const folder = temporaryFolder();
  const programs: Program[] = [];
  let started = 0;

  async function fpm(settings: readonly string[], options: Partial<PhpFpmOptions> = {}): Promise<Program> {
    const program = await startPhpFpm(folder.path, `fpm${started++}`, { children: 2, settings, ...options });
    programs.push(program);
    return program;
  }

  async function failure(asked: Promise<unknown>): Promise<{ code: string; message: string; address?: string }> {
    try {
      await asked;
    } catch (error) {
      if (!isFastCGIError(error)) throw error;
      const { code, message, address } = error;
      return { code, message, ...(address === undefined ? {} : { address }) };
    }
    throw new Error("It did not fail.");
  }

  let usual: Program;
  let site: string;
  const options = { statusPath: "/fpm-status", pingPath: "/fpm-ping" };
  beforeAll(async () => {
    usual = await fpm([...pages, "php_admin_value[opcache.file_update_protection] = 0"]);
    site = join(folder.path, "site");
    mkdirSync(site);
    writeFileSync(join(site, "a.php"), "<?php echo 'a';");
    writeFileSync(join(site, "broken.php"), "<?php echo (;");
  });
  afterAll(async () => {
    for (const program of programs) await program.stop();
    folder.remove();
  });

  test("[2e.19] ping, by address and by pool", async () => {
    await using pool = new Pool(usual.address, { capacity: 2 });
    for (const target of [usual.address, pool]) {
      const { text, milliseconds } = await new PhpFpm(target, options).ping();
      expect(text).toBe("pong");
      expect(milliseconds).toBeGreaterThan(0);
    }
  });

  test("[2e.19] status", async () => {
    const status = await new PhpFpm(usual.address, options).status();
    expect(status).toMatchObject({
      pool: "www",
      processManager: "static",
      totalProcesses: expect.any(Number) as number,
      listenQueue: 0,
      processes: undefined,
    });
    expect(Math.abs(status.startTime.getTime() - Date.now())).toBeLessThan(3_600_000);
    // A worker that has just ended another request may still count as active.
    expect(status.activeProcesses).toBeGreaterThan(0);
    expect(status.totalProcesses).toBe(status.activeProcesses + status.idleProcesses);
    expect(status.acceptedConnections).toBeGreaterThan(0);
  });

  test("full status names the request that asks for it", async () => {
    const { processes = [] } = await new PhpFpm(usual.address, options).status({ full: true });
    expect(processes).toHaveLength(2);
    expect(processes).toContainEqual(
      expect.objectContaining({ state: "Running", requestUri: "/fpm-status?json&full", requestMethod: "GET" }),
    );
  });

  test.each([
    ["text", "process manager:"],
    ["json", '"process manager":'],
    ["xml", "<process-manager>"],
    ["html", "<td>static</td>"],
    ["openmetrics", "phpfpm_up 1"],
  ] as const)("the status page as %s", async (format, part) => {
    expect(await new PhpFpm(usual.address, options).statusText(format)).toContain(part);
  });

  test("a status page on a socket of its own", async () => {
    const { statusAddress } = await fpm([], { status: true });
    expect(await new PhpFpm(statusAddress).status()).toMatchObject({ pool: "www" });
  });

  test("OPcache: compile, status, invalidate, reset", async () => {
    const php = new PhpFpm(usual.address);
    const [good, broken] = [join(site, "a.php"), join(site, "broken.php")];
    expect(await php.compileOpcache([good, broken, "/no/such.php"])).toEqual([good]);
    const before = await php.opcacheStatus({ scripts: true });
    expect(before.scripts?.map(({ path }) => path)).toContain(good);
    expect(before.memory.used).toBeGreaterThan(0);
    expect(await php.invalidateOpcache([good, "/no/such.php"], { force: true })).toEqual([good]);
    await php.resetOpcache();
    const after = await php.opcacheStatus();
    expect(after.restarting || after.restarts.manual > 0).toBe(true);
    expect(after.scripts).toBeUndefined();
    expect(await php.opcacheConfiguration()).toMatchObject({ version: { opcache_product_name: "Zend OPcache" } });
  });

  test("the cache of resolved paths", async () => {
    const php = new PhpFpm(usual.address);
    await php.clearRealpath();
    const { size, limit, entries } = await php.realpathStatus();
    expect(size).toBeGreaterThanOrEqual(0);
    expect(limit).toMatch(/^\d+[KMG]?$/);
    expect(Array.isArray(entries)).toBe(true);
  });

  test("APCu, or that it is not there", async () => {
    const php = new PhpFpm(usual.address);
    try {
      await php.clearApcu();
      expect(await php.apcuStatus()).toMatchObject({ entries: 0 });
    } catch (error) {
      expect(error).toMatchObject({ code: "FCGI_ERR_UNAVAILABLE" });
      expect(String(error)).toMatch(/the extension apcu is not loaded; install it \(on Debian: php-apcu\)|APCu is off/);
    }
  });

  test("no script is left behind, whatever happened", async () => {
    const scripts = join(folder.path, "scripts");
    mkdirSync(scripts, { recursive: true });
    const php = new PhpFpm(usual.address, { scriptFolder: scripts });
    await php.opcacheStatus();
    chmodSync(scripts, 0o700);
    // Not for an FPM that runs as we do, nor for root.
    await failure(php.opcacheStatus()).catch(() => {});
    expect(readdirSync(scripts)).toEqual([]);
    expect(existsSync(scripts)).toBe(true);
  });

  describe("what PHP-FPM refuses is explained", () => {
    test("no pm.status_path, no ping.path", async () => {
      const { address } = await fpm([]);
      const php = new PhpFpm(address);
      expect(await failure(php.status())).toEqual({
        code: "FCGI_ERR_SCRIPT_NOT_FOUND",
        address,
        message: expect.stringContaining("set pm.status_path = /status in the pool's configuration") as string,
      });
      expect(await failure(php.ping())).toEqual({
        code: "FCGI_ERR_SCRIPT_NOT_FOUND",
        address,
        message: expect.stringContaining("set ping.path = /ping") as string,
      });
    });

    test("a page that is a script of somebody", async () => {
      writeFileSync(join(site, "status.php"), "<?php echo 'all is well';");
      const php = new PhpFpm(usual.address, { statusPath: join(site, "status.php") });
      const { code, message } = await failure(php.status());
      expect(code).toBe("FCGI_ERR_BAD_ANSWER");
      expect(message).toContain('"all is well"');
    });

    test("security.limit_extensions", async () => {
      const { address } = await fpm(["security.limit_extensions = .php8"]);
      const { code, message } = await failure(new PhpFpm(address).opcacheStatus());
      expect(code).toBe("FCGI_ERR_SCRIPT_DENIED");
      expect(message).toContain("security.limit_extensions");
      const right = new PhpFpm(address, { scriptExtension: ".php8" });
      expect((await right.opcacheStatus()).full).toBe(false);
    });

    test("[C31] a script that PHP-FPM does not see", async () => {
      const php = new PhpFpm(usual.address, { scriptFolderInside: "/elsewhere" });
      const { code, message } = await failure(php.resetOpcache());
      expect(code).toBe("FCGI_ERR_SCRIPT_NOT_FOUND");
      expect(message).toContain("PrivateTmp");
    });

    test("OPcache restricted, or off", async () => {
      const restricted = await fpm(["php_admin_value[opcache.restrict_api] = /srv/allowed"]);
      expect(await failure(new PhpFpm(restricted.address).resetOpcache())).toMatchObject({
        code: "FCGI_ERR_UNAVAILABLE",
        message: expect.stringContaining("opcache.restrict_api = /srv/allowed") as string,
      });
      const off = await fpm(["php_admin_value[opcache.enable] = 0"]);
      expect(await failure(new PhpFpm(off.address).opcacheStatus())).toMatchObject({
        code: "FCGI_ERR_UNAVAILABLE",
        message: expect.stringContaining("OPcache is off; set opcache.enable = 1") as string,
      });
    });

    test("what other code prints does not disturb the answer", async () => {
      writeFileSync(join(site, "noise.php"), "<?php echo 'noise'; trigger_error('loud', E_USER_WARNING);");
      const { address } = await fpm([
        `php_admin_value[auto_prepend_file] = ${join(site, "noise.php")}`,
        `php_admin_value[auto_append_file] = ${join(site, "noise.php")}`,
        "php_flag[display_errors] = on",
      ]);
      expect((await new PhpFpm(address).opcacheStatus()).full).toBe(false);
    });
  });
});
