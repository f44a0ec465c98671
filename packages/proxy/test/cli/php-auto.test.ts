import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import type { PhpSearch } from "../../src/php/php-search.ts";
import { listPhp, phpVersion } from "../../src/processes/php-program.ts";
import type { PhpProgram } from "../../src/processes/php-program.ts";
import { connectOnce } from "../../src/processes/reachable.ts";
import { isRoot, needs } from "../support/needs.ts";
import { isAlive } from "../support/processes.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { startRunningFpm } from "../support/running-fpm.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const ANY_PORT = ["--listen", "127.0.0.1:0"];
const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
/** Nothing but what a test says. */
const NOTHING: PhpSearch = { running: [], poolFiles: [], path: "", folders: [], osRelease: DEBIAN };

function site(files: Readonly<Record<string, string>> = { "index.php": "<?php echo PHP_SAPI;" }): string {
  const folder = join(temporaryFolder(), "site");
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, name), text, { mode: 0o644 });
  }
  return folder;
}

/** A folder with this machine's program alone. */
function only(program: PhpProgram): PhpSearch {
  const path = temporaryFolder();
  symlinkSync(listPhp(program)[0] ?? "", join(path, program));
  return { ...NOTHING, path };
}

const short = (program: PhpProgram): string =>
  /^\d+\.\d+/.exec(phpVersion(program, listPhp(program)[0] ?? "") ?? "")?.[0] ?? "";

const get = (port: number, path = "/"): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);

/** The line of the banner that says which PHP it is, and why. */
async function phpRow(program: ProxyProgram): Promise<string> {
  const [, row = ""] = await program.line(/^ {2}php {6}(.*)$/m);
  return row;
}

const ofUser = isRoot ? " of [\\w-]+" : "";

describe("--php auto", () => {
  test("a PHP-FPM that runs is used, and is nobody's child here", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const { address, poolFiles, user } = await startRunningFpm(["php_admin_value[upload_max_filesize] = 1M"]);
    const program = new ProxyProgram([site(), "--php", "auto", ...ANY_PORT], {
      search: { ...NOTHING, running: [address], poolFiles },
    });
    const port = await program.port();
    const ofPool = isRoot ? ` of ${user}` : "";
    expect(await phpRow(program)).toBe(
      `PHP-FPM 8.7${ofPool} runs on ${address}; 2 workers (pm.max_children in ${poolFiles[0]?.replaceAll("*.conf", "www.conf").replace("/*/", "/8.7/")})`,
    );
    await program.line(
      / {2}note {5}this PHP takes files of up to 1 MiB: for larger ones raise upload_max_filesize and /,
    );
    expect(await (await get(port)).text()).toBe("fpm-fcgi");
    expect(readdirSync(program.runtime)).toEqual([`${port}.sock`]);
    expect(await program.signal("SIGTERM")).toBe(0);
    // It goes on without us.
    expect(await connectOnce(address, 1_000)).toBeUndefined();
  });

  test("[TJ01] else php-fpm is started, and ends with us", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const program = new ProxyProgram([site(), "--php", "auto", ...ANY_PORT], { search: only("php-fpm") });
    const port = await program.port();
    const row = await phpRow(program);
    expect(row).toMatch(
      new RegExp(
        `^php-fpm ${short("php-fpm")} started here \\(process \\d+${ofUser}\\): no running PHP-FPM was found; \\d+ workers$`,
      ),
    );
    expect(await (await get(port)).text()).toBe("fpm-fcgi");
    const pid = Number(/process (\d+)/.exec(row)?.[1]);
    expect(isAlive(pid)).toBe(true);
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(program.runtime)).toEqual([]);
  });

  test("else php-cgi is", async (context) => {
    needs(context, "php-cgi", listPhp("php-cgi").length > 0);
    const program = new ProxyProgram([site(), "--php", "auto", ...ANY_PORT], { search: only("php-cgi") });
    const port = await program.port();
    const row = await phpRow(program);
    expect(row).toMatch(
      new RegExp(
        `^php-cgi ${short("php-cgi")} started here \\(process \\d+${ofUser}\\): no running PHP-FPM was found, and php-fpm is not installed; \\d+ workers$`,
      ),
    );
    expect(await (await get(port)).text()).toBe("cgi-fcgi");
    const pid = Number(/process (\d+)/.exec(row)?.[1]);
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(program.runtime)).toEqual([]);
  });

  test.runIf(process.platform === "linux")(
    "[TK01] else it is the user's to install one: exit code 2, and nothing was started",
    async () => {
      const program = new ProxyProgram([site(), "--php", "auto", ...ANY_PORT], { search: NOTHING });
      expect(await program.exit()).toBe(2);
      expect(program.stdout).toBe("");
      expect(program.stderr).toBe(
        "x-proxy: --php auto found no PHP: no running PHP-FPM was found, and neither php-fpm nor php-cgi is installed: on Debian GNU/Linux 12 (bookworm) run `apt-get install php-fpm` (or `apt-get install php-cgi`), then start again.\n",
      );
    },
  );

  test("a PHP-FPM that cannot see the site is passed over, and the line says so", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const { address, poolFiles, user } = await startRunningFpm();
    const folder = site();
    // Its owner gets in, and others do not: so PHP of our own runs as its owner.
    for (const path of [folder, join(folder, "index.php")]) chownSync(path, 33, 33);
    chmodSync(folder, 0o700);
    const search = { ...only("php-fpm"), running: [address], poolFiles };
    const program = new ProxyProgram([folder, "--php", "auto", ...ANY_PORT], { search });
    const port = await program.port();
    expect(await phpRow(program)).toMatch(
      new RegExp(
        `\\(process \\d+ of \\S+\\): the PHP-FPM on ${address} cannot see ${folder} \\(its user ${user} cannot enter ${folder}\\); `,
      ),
    );
    expect(await (await get(port)).text()).toBe("fpm-fcgi");
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("[TJ11] a site that no user but root can see: one sentence with folder and remedy", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const folder = site();
    chmodSync(join(folder, ".."), 0o700);
    const program = new ProxyProgram([folder, "--php", "auto", ...ANY_PORT], { search: only("php-fpm") });
    expect(await program.exit()).toBe(2);
    expect(program.stderr).toMatch(
      /^x-proxy: user [\w-]+ cannot enter \/\S+, on the way to the document root \/\S+\/site: run `chmod a\+x /,
    );
  });

  test("uploads are as large as the proxy lets them be, whatever php.ini says", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const folder = site({
      "index.php": `<?php echo json_encode([$_FILES["f"]["size"] ?? null, $_FILES["f"]["error"] ?? null]);`,
    });
    const program = new ProxyProgram([folder, "--php", "auto", ...ANY_PORT], { search: only("php-fpm") });
    const port = await program.port();
    const body = new FormData();
    body.set("f", new File([new Uint8Array(5_000_000)], "five.bin"));
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
    expect(await answer.json()).toEqual([5_000_000, 0]);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("errors of scripts are in the log", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const folder = site({ "index.php": `<?php error_log("from a script"); echo 1;` });
    const program = new ProxyProgram([folder, "--php", "auto", ...ANY_PORT], { search: only("php-fpm") });
    await get(await program.port());
    await program.line(/warning: \[php\] .*from a script \(GET \/ of \S+, \S+index\.php, at unix:\S+, request \S+\)/);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("for machines it is in the line of the start", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const program = new ProxyProgram([site(), "--php", "auto", "--json", ...ANY_PORT], { search: only("php-fpm") });
    await program.port();
    const start = JSON.parse(program.stdout.split("\n")[0] ?? "") as Record<string, unknown>;
    expect(start).toMatchObject({
      event: "listening",
      upstreams: { php: expect.stringContaining("no running PHP-FPM was found") as string },
    });
    expect(await program.signal("SIGTERM")).toBe(0);
  });
});

describe("--php ADDRESS", () => {
  test("a PHP-FPM of this machine tells its capacity by its pool file", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const { address, poolFiles } = await startRunningFpm([]);
    const search = { ...NOTHING, poolFiles };
    const program = new ProxyProgram([site(), "--php", address, "--json", ...ANY_PORT], { search });
    const port = await program.port();
    expect(await (await get(port)).text()).toBe("fpm-fcgi");
    expect(program.stdout).toContain(`"php":"${address}; 2 workers (pm.max_children in /`);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("nothing is known of one without a pool file", async () => {
    const address = `unix:${join(temporaryFolder(), "none.sock")}`;
    const program = new ProxyProgram([site(), "--php", address, ...ANY_PORT], { search: NOTHING });
    await program.port();
    expect(await phpRow(program)).toBe(address);
  });
});

describe("[TD08] presets", () => {
  /** What each site is made of, beside index.php in its document root. */
  const INDEX = `<?php echo "front ", $_SERVER["REQUEST_URI"];`;

  test
    .runIf(listPhp("php-fpm").length > 0)
    .each<[string, Readonly<Record<string, string>>, string, string, readonly string[]]>([
      [
        "WordPress",
        { "index.php": INDEX, "wp-load.php": "", "wp-config.php": "secret", "wp-content/uploads/x.php": "secret" },
        ".",
        "front controller /index.php, 15 paths denied",
        ["/wp-config.php", "/wp-content/uploads/x.php", "/WP-CONFIG.php"],
      ],
      [
        "Laravel",
        { artisan: "", "public/index.php": INDEX, "storage/logs/laravel.log": "secret", "composer.json": "secret" },
        "public",
        "front controller /index.php, 8 paths denied",
        ["/composer.json", "/storage/x.php"],
      ],
      [
        "DokuWiki",
        { "doku.php": INDEX, "index.php": INDEX, "inc/init.php": "secret", "data/pages/start.txt": "secret" },
        ".",
        "no front controller, 15 paths denied",
        ["/data/pages/start.txt", "/inc/init.php", "/no/such/page"],
      ],
      ["plain PHP", { "index.php": INDEX }, ".", "front controller /index.php, 7 paths denied", ["/composer.json"]],
    ])("%s", async (title, files, root, row, denied) => {
    const folder = site(files);
    const program = new ProxyProgram([folder, "--php", "auto", ...ANY_PORT], { search: only("php-fpm") });
    const port = await program.port();
    await program.line(/Ctrl-C/);
    expect(program.stdout).toContain(`  site     ${title}: ${row}\n`);
    expect(program.stdout).toContain(`  root     ${join(folder, root)}\n`);
    expect(program.stdout.match(/^ {2}root /gm)).toHaveLength(1);
    for (const path of denied) {
      const answer = await get(port, path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain("secret");
    }
    // What lies outside of the document root is not there.
    if (root !== ".") expect(await (await get(port, "/artisan")).text()).toBe("front /artisan");
    expect(await (await get(port)).text()).toBe("front /");
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("with --php ADDRESS too, and switched off by --preset none", async () => {
    const folder = site({ artisan: "", "public/index.php": "", "index.html": "outside" });
    const args = [folder, "--php", "unix:/run/absent.sock", ...ANY_PORT];
    const program = new ProxyProgram(args);
    await program.port();
    await program.line(/ {2}site {5}Laravel: /);
    expect(await program.signal("SIGTERM")).toBe(0);
    const bare = new ProxyProgram([...args, "--preset", "none"]);
    expect(await (await get(await bare.port(), "/index.html")).text()).toBe("outside");
    expect(bare.stdout).not.toContain("  site ");
    expect(await bare.signal("SIGTERM")).toBe(0);
    const named = new ProxyProgram([...args, "--preset", "drupal"]);
    await named.port();
    await named.line(/ {2}site {5}Drupal: /);
    expect(await named.signal("SIGTERM")).toBe(0);
  });

  test("an .htaccess is not read, and the banner says so once", async () => {
    const folder = site({ "index.php": "", ".htaccess": "Deny from all" });
    const program = new ProxyProgram([folder, "--php", "unix:/run/absent.sock", ...ANY_PORT]);
    const port = await program.port();
    await program.line(/ {2}note {5}\.htaccess is not read, and nobody gets it: /);
    expect((await get(port, "/.htaccess")).status).toBe(404);
    expect(program.stdout.match(/\.htaccess is/g)).toHaveLength(1);
    expect(existsSync(join(folder, ".htaccess"))).toBe(true);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("Laravel's uploads come through their link, and do not run", async () => {
    const folder = site({
      artisan: "",
      "public/index.php": "",
      "storage/app/public/a.txt": "an upload",
      "storage/app/public/evil.php": "<?php echo 'ran';",
      "storage/logs/laravel.log": "secret",
    });
    symlinkSync("../storage/app/public", join(folder, "public/storage"));
    symlinkSync("../storage/logs", join(folder, "public/logs"));
    const program = new ProxyProgram([folder, "--php", "unix:/run/absent.sock", ...ANY_PORT]);
    const port = await program.port();
    expect(await (await get(port, "/storage/a.txt")).text()).toBe("an upload");
    expect((await get(port, "/storage/evil.php")).status).toBe(404);
    // A link that leads anywhere else is no file: the front controller's, which is absent.
    expect((await get(port, "/logs/laravel.log")).status).toBe(502);
    expect(await program.signal("SIGTERM")).toBe(0);
  });
});
