import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { choosePhp } from "../../src/php/choose-php.ts";
import { configOfPhp } from "../../src/php/config-of-php.ts";
import type { PhpSearch } from "../../src/php/php-search.ts";
import { findAccount } from "../../src/processes/account.ts";
import { findSetpriv } from "../../src/processes/launcher.ts";
import { listPhp } from "../../src/processes/php-program.ts";
import { isRoot, needs } from "../support/needs.ts";
import { startRunningFpm } from "../support/running-fpm.ts";
import { stagedNode } from "../support/staged-node.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function site(): string {
  const folder = join(temporaryFolder(), "site");
  mkdirSync(folder, { mode: 0o755 });
  return folder;
}

/** A machine with these programs, each of which says what it is. */
function machine(
  programs: Readonly<Record<string, string>>,
  more: Omit<PhpSearch, "path"> = {},
): PhpSearch & { path: string } {
  const path = temporaryFolder();
  for (const [name, says] of Object.entries(programs)) {
    writeFileSync(join(path, name), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
  }
  return { path, folders: [], running: [], poolFiles: [], osRelease: "", ...more };
}

const FPM = "PHP 8.3.1 (fpm-fcgi) (built: now)";
const CGI = "PHP 8.3.2 (cgi-fcgi) (built: now)";

describe("a PHP-FPM that runs", () => {
  test("is taken first, with the capacity of its pool file", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const { address, poolFiles } = await startRunningFpm();
    const search = machine({ "php-fpm": FPM }, { running: ["unix:/nowhere.sock", address], poolFiles });
    const choice = await choosePhp(site(), search);
    expect(choice).toMatchObject({ kind: "running", address, version: "8.7", pool: { name: "www", maxChildren: 2 } });
    expect(configOfPhp(choice)).toEqual({ upstreams: { php: { addresses: [address], capacity: 2 } } });
  });

  test("whose pool file cannot be read has an unknown capacity", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const { address } = await startRunningFpm();
    const choice = await choosePhp(site(), machine({}, { running: [address] }));
    expect(choice).toMatchObject({ kind: "running", address, pool: undefined });
    expect(configOfPhp(choice)).toEqual({ upstreams: { php: { addresses: [address], capacity: undefined } } });
  });

  test("that cannot see the document root is passed over, with the reason", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const { address, poolFiles, user } = await startRunningFpm();
    const root = site();
    chmodSync(root, 0o700);
    const choice = await choosePhp(root, machine({ "php-fpm": FPM }, { running: [address], poolFiles }));
    expect(choice).toMatchObject({
      kind: "php-fpm",
      why: `the PHP-FPM on ${address} cannot see ${root} (its user ${user} cannot enter ${root})`,
    });
    // Without its pool file nothing is known of its user, and the folder itself can be seen.
    writeFileSync(join(root, "style.css"), "");
    expect(await choosePhp(root, machine({ "php-fpm": FPM }, { running: [address] }))).toMatchObject({
      why: `the PHP-FPM on ${address} cannot see ${root} (${root} is closed to other users)`,
    });
  });

  test("[TJ05] a port that another user took is not asked", async (context) => {
    needs(context, "root", isRoot);
    needs(context, "setpriv(1) of util-linux", findSetpriv() !== undefined);
    const folder = temporaryFolder();
    const script = `const server = require("node:net").createServer((socket) => socket.end()).listen(0, "127.0.0.1", () => console.log(server.address().port))`;
    const command = ["--reuid", "33", "--regid", "33", "--clear-groups", "--", stagedNode(folder), "-e", script];
    const child = spawn(findSetpriv() ?? "", command, { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void child.kill());
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    const address = `tcp://127.0.0.1:${Number(port.toString())}`;
    const choice = await choosePhp(site(), machine({ "php-fpm": FPM }, { running: [address] }));
    expect(choice).toMatchObject({
      kind: "php-fpm",
      why: `what listens on ${address} was started by user ${findAccount("33")?.name ?? "33"}, who is neither root nor this user`,
    });
  });

  test("in a chroot is passed over, with the reason", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const chroot = temporaryFolder();
    const { address, poolFiles } = await startRunningFpm([`chroot = ${chroot}`]);
    const root = site();
    expect(await choosePhp(root, machine({ "php-fpm": FPM }, { running: [address], poolFiles }))).toMatchObject({
      why: `the PHP-FPM on ${address} cannot see ${root} (its chroot is ${chroot})`,
    });
    // With nothing to start instead, the sentence says first what to change.
    const osRelease = 'PRETTY_NAME="Debian"\nID=debian\n';
    const search = machine({}, { running: [address], poolFiles, osRelease });
    await expect(choosePhp(root, search)).rejects.toMatchObject({
      message: `--php auto found no PHP: the PHP-FPM on ${address} cannot see ${root} (its chroot is ${chroot}), and neither php-fpm nor php-cgi is installed: change that, or on Debian run \`apt-get install php-fpm\` (or \`apt-get install php-cgi\`), then start again.`,
    });
  });
});

describe("a PHP of our own", () => {
  test("php-fpm, the newest", async () => {
    const search = machine({ "php-fpm8.2": FPM.replace("8.3.1", "8.2.9"), "php-fpm8.3": FPM, "php-cgi": CGI });
    const choice = await choosePhp(site(), search);
    const program = join(search.path, "php-fpm8.3");
    expect(choice).toEqual({ kind: "php-fpm", program, version: "8.3.1", why: "no running PHP-FPM was found" });
    expect(configOfPhp(choice)).toEqual({
      upstreams: { php: {} },
      processes: { php: { kind: "php-fpm", program, upstream: "php" } },
    });
  });

  test("php-cgi where there is no php-fpm", async () => {
    const search = machine({ "php-cgi8.3": CGI, php: "PHP 8.3.2 (cli)" });
    expect(await choosePhp(site(), search)).toEqual({
      kind: "php-cgi",
      program: join(search.path, "php-cgi8.3"),
      version: "8.3.2",
      why: "no running PHP-FPM was found, and php-fpm is not installed",
    });
  });

  test("a php-fpm that does not run is passed over", async () => {
    const search = machine({ "php-fpm8.3": "error while loading shared libraries", "php-fpm8.2": FPM });
    expect(await choosePhp(site(), search)).toMatchObject({ program: join(search.path, "php-fpm8.2") });
    const broken = machine({ "php-fpm": "error", "php-cgi": CGI });
    expect(await choosePhp(site(), broken)).toMatchObject({
      kind: "php-cgi",
      why: `no running PHP-FPM was found, and ${broken.path}/php-fpm does not run`,
    });
  });
});

describe.runIf(process.platform === "linux")("no PHP at all: one sentence with what to install", () => {
  test.each([
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
      "on Debian GNU/Linux 12 (bookworm) run `apt-get install php-fpm` (or `apt-get install php-cgi`)",
    ],
    [
      'PRETTY_NAME="Fedora Linux 44"\nID=fedora\n',
      "on Fedora Linux 44 run `dnf install php-fpm` (or `dnf install php-cli`)",
    ],
    ["ID=haiku\n", "install the package php-fpm of your distribution, or php-cgi"],
  ])("%j", async (osRelease, remedy) => {
    await expect(choosePhp(site(), machine({}, { osRelease }))).rejects.toMatchObject({
      code: "FCGI_ERR_CONFIG",
      message: `--php auto found no PHP: no running PHP-FPM was found, and neither php-fpm nor php-cgi is installed: ${remedy}, then start again.`,
    });
  });

  test("what is there and does not run is named", async () => {
    const search = machine({ "php-fpm": "error", "php-cgi": "error" });
    await expect(choosePhp(site(), search)).rejects.toThrow(
      `and ${search.path}/php-fpm and ${search.path}/php-cgi do not run: `,
    );
  });
});
