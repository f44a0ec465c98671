// The command x-client in front of a real PHP-FPM, as a user runs it.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Echo } from "../src/application.ts";
import { needs } from "../src/needs.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import type { PhpFpm } from "../src/peers/php-fpm.ts";
import { copySite, temporaryFolder } from "../src/temporary.ts";

const program = join(import.meta.dirname, "../../../packages/client/bin/x-client.cjs");
const PROCESS = { timeout: 60_000 };

function xClient(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))("x-client and PHP-FPM", () => {
  const folder = temporaryFolder();
  let fpm: PhpFpm;
  let site: string;
  beforeAll(async () => {
    site = copySite(folder.path);
    const settings = ["pm.status_path = /status", "ping.path = /ping"];
    fpm = await startPhpFpm(folder.path, "fpm", { children: 3, settings });
  });
  afterAll(async () => {
    await fpm.stop();
    folder.remove();
  });

  test("[C28] [C31] request: PHP sees a request as a web server sends it", PROCESS, async () => {
    const url = "/application.php/path/info?mode=echo&x=%20";
    const { code, stdout } = await xClient(
      "request",
      fpm.address,
      url,
      "--root",
      site,
      "-H",
      "Host: shop.test",
      "-d",
      "a=b",
    );
    expect(code).toBe(0);
    const { params, form } = JSON.parse(stdout) as Echo;
    expect(form).toEqual({ a: "b" });
    expect(params).toMatchObject({
      SCRIPT_NAME: "/application.php",
      SCRIPT_FILENAME: join(site, "application.php"),
      PATH_INFO: "/path/info",
      DOCUMENT_ROOT: site,
      REQUEST_URI: url,
      CONTENT_LENGTH: "3",
      HTTP_HOST: "shop.test",
    });
  });

  test("request: -F uploads, a folder's index.php, -v shows the records", PROCESS, async () => {
    const file = join(folder.path, "upload.txt");
    writeFileSync(file, "uploaded");
    const upload = await xClient(
      "request",
      fpm.address,
      "/application.php",
      "--root",
      site,
      "-F",
      "a=b",
      "-F",
      `f=@${file}`,
    );
    expect((JSON.parse(upload.stdout) as Echo).form).toEqual({ a: "b" });
    const { stdout, stderr } = await xClient("request", fpm.address, "/?mode=stderr", "--root", site, "-v");
    expect(stdout).toBe("stderr");
    expect(stderr).toContain("> BEGIN_REQUEST id=1 role=RESPONDER keepConn=false");
    expect(stderr).toMatch(/< STDERR id=1 \d+ bytes: .*a line for the log/);
    expect(stderr).toContain("< END_REQUEST id=1 appStatus=0 protocolStatus=REQUEST_COMPLETE");
  });

  test("status: once, and watched without a terminal", PROCESS, async () => {
    const once = await xClient("status", fpm.address, "--full");
    expect(once).toMatchObject({ code: 0, stderr: "" });
    expect(once.stdout).toMatch(/^www {2}static, up (?:\d+m )?\d+s\n/);
    expect(once.stdout).toContain("GET /status?json&full");
    const watched = await xClient("status", fpm.address, "--watch", "--count", "2", "--interval", "10");
    expect(watched.stdout).toMatch(/^pool=www active=\d+ .*\npool=www .* requests\/s=\d+\.\d\n$/);
  });

  test("ping, values", PROCESS, async () => {
    expect((await xClient("ping", fpm.address, "--path", "/ping")).stdout).toContain("answers /ping with 200: pong");
    const { stdout } = await xClient("values", fpm.address);
    expect(stdout).toContain("FCGI_MPXS_CONNS=0     one request at a time on a connection");
  });

  test("bench: more at once than there are workers, and none fails", PROCESS, async () => {
    const args = ["-n", "60", "-c", "8", "--capacity", "3", "--root", site, "--json"];
    const { code, stdout } = await xClient("bench", fpm.address, "/application.php?mode=bytes&size=100", ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ requests: 60, statuses: { 200: 60 }, failures: {}, bytes: 6_000 });
  });
});
