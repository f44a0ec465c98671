import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { ProxyProgram } from "../support/proxy-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

async function run(
  args: readonly string[],
  cwd: string = temporaryFolder(),
): Promise<{ exit: unknown; stdout: string; stderr: string }> {
  const program = new ProxyProgram(args, { cwd });
  const exit = await program.exit();
  return { exit, stdout: program.stdout, stderr: program.stderr };
}

function configFile(config: unknown): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config, undefined, 2));
  return folder;
}

describe("exit code 2 and one sentence, before anything was started", () => {
  const cases: readonly [what: string, args: readonly string[], sentence: string][] = [
    [
      "an option that does not exist",
      ["--lisen", "127.0.0.1:0"],
      'there is no option --lisen. Did you mean "--listen"? `x-proxy --help` lists all.',
    ],
    ["an option of a later version", ["--watch"], "there is no option --watch. `x-proxy --help` lists all."],
    ["a value that lacks", ["--php"], "--php needs a value, such as `--php tcp://127.0.0.1:9000`."],
    ["a word that is nearly auto", ["--php", "atuo"], '--php: Did you mean "auto"?'],
    [
      "a bad address of PHP",
      ["--php", "127.0.0.1:9000"],
      '--php: The address "127.0.0.1:9000" does not begin with unix: or tcp://; write "tcp://127.0.0.1:9000".',
    ],
    [
      "a preset that does not exist",
      ["--php", "auto", "--preset", "wordpres"],
      '--preset: there is no preset "wordpres". Did you mean "wordpress"? There are wordpress, drupal, laravel, symfony, dokuwiki, plain, none.',
    ],
    [
      "a preset without PHP",
      ["--preset", "drupal"],
      "--preset says what kind of PHP site it is, and needs --php beside it, such as `--php auto`.",
    ],
    [
      "a preset beside a configuration",
      ["--config", "a.json", "--preset", "drupal"],
      "--preset and --config exclude each other: write preset into the configuration, beside php in the route.",
    ],
    [
      "--php auto beside a configuration",
      ["--config", "a.json", "--php", "auto"],
      '--php and --config exclude each other: write a process of kind "php-fpm" into the configuration, under processes.',
    ],
    [
      "a port alone",
      ["--listen", "8080"],
      '--listen: "8080" is a port alone: write "127.0.0.1:8080", or ":8080" for all addresses.',
    ],
    ["a port that there is not", ["--listen", "99999"], '--listen: "99999" is no port: the last is 65535.'],
    ["a folder that is not there", ["./nope"], "the folder to serve, CWD/nope, does not exist: give another one."],
    [
      "a command that does not exist",
      ["chek"],
      'chek is neither a folder nor a command: give the folder to serve, such as ./public. Did you mean "check"?',
    ],
    ["two folders", [".", ".."], "one folder can be served, and these are 2: . ..."],
    [
      "a command that does not exist, and a folder",
      ["serv", "./site"],
      'one folder can be served, and these are 2: serv ./site. Did you mean "serve"?',
    ],
    [
      "a configuration without --config",
      ["check", "a.json"],
      "a.json is no folder: a configuration is named by --config, as in `--config a.json`.",
    ],
    [
      "https without a certificate",
      ["--listen", "https://127.0.0.1:0"],
      "--listen https://127.0.0.1:0 needs a certificate: add `--cert site.pem --key site.key`.",
    ],
    ["a configuration that is not there", ["--config", "x.config.ts"], "x.config.ts does not exist in CWD."],
    [
      "PHP beside a configuration",
      ["--config", "a.json", "--php", "unix:/a"],
      "--php and --config exclude each other: write the address into the configuration, under upstreams.",
    ],
  ];
  for (const [what, args, sentence] of cases) {
    test(`[TK01] ${what}`, async () => {
      const cwd = temporaryFolder();
      expect(await run(args, cwd)).toEqual({
        exit: 2,
        stdout: "",
        stderr: `x-proxy: ${sentence.replace("CWD", cwd)}\n`,
      });
    });
  }

  test("[TK01] a file instead of a folder", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "index.html"), "");
    expect(await run(["index.html"], cwd)).toMatchObject({
      exit: 2,
      stderr: `x-proxy: the folder to serve, ${cwd}/index.html, is no folder: give another one.\n`,
    });
  });

  test("[TK01] a wrong key in a configuration: file, line, key, and the right name", async () => {
    const folder = configFile({ root: "./public", rotues: [], routes: [{ static: true }] });
    const { exit, stderr } = await run(["--config", "x.config.json"], folder);
    expect(exit).toBe(2);
    expect(stderr).toBe('x-proxy: x.config.json:3: rotues is not a known key. Did you mean "routes"?\n');
  });

  test("[TK01] a document root of a configuration that is not there", async () => {
    const folder = configFile({ root: "./pubic", routes: [{ static: true }] });
    expect(await run(["--config", "x.config.json", "--listen", "127.0.0.1:0"], folder)).toMatchObject({
      exit: 2,
      stderr: `x-proxy: x.config.json:2: root: the folder ${folder}/pubic does not exist: make it, or name another one.\n`,
    });
  });

  test("[TK01] a folder to send files from that is not there", async () => {
    const folder = configFile({
      upstreams: { app: { addresses: ["tcp://127.0.0.1:1"] } },
      routes: [{ fastcgi: { upstream: "app", sendfile: { roots: ["./uploads"] } } }],
    });
    expect(await run(["check"], folder)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(
        /^x-proxy: x\.config\.json:\d+: routes\[0\]\.fastcgi\.sendfile\.roots\[0\]: the folder \S+\/uploads does not exist: make it, or name another one\.\n$/,
      ) as string,
    });
  });

  test("[TK01] a handler that cannot be run: the key that names it, and the place in it", async () => {
    const folder = configFile({ routes: [{ handler: "./live.mjs" }] });
    const check = (): Promise<{ exit: unknown; stderr: string }> => run(["check"], folder);
    const key = "x-proxy: x.config.json:4: routes[0].handler: the handler";
    expect((await check()).stderr).toBe(`${key} ${folder}/live.mjs does not exist: correct the path.\n`);
    writeFileSync(join(folder, "live.mjs"), "export default {\n  fetch: () => nope(,\n};");
    expect(await check()).toMatchObject({
      exit: 2,
      stderr: `${key} live.mjs:2:21: cannot be read: Unexpected token ','.\n`,
    });
  });

  test("no PHP for what needs it: the command that installs it", async () => {
    const folder = configFile({
      root: "./public",
      upstreams: { php: { addresses: ["unix:./php.sock"] } },
      processes: { php: { kind: "php-fpm", program: "php-fpm-none", upstream: "php" } },
      routes: [{ php: "php" }],
    });
    const { exit, stdout, stderr } = await run(["--config", "x.config.json", "--listen", "127.0.0.1:0"], folder);
    expect(exit).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^x-proxy: php-fpm-none is not installed on this machine: run `[^`]+`, or point an upstream at a PHP-FPM that runs already\.\n$/,
    );
  });

  test("[TA32] a relaxed parser cannot be had", async () => {
    const folder = configFile({ routes: [{ static: true }], insecureHTTPParser: true });
    expect(await run(["--config", "x.config.json"], folder)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("insecureHTTPParser is not a known key") as string,
    });
    expect(await run(["--insecure-http-parser"])).toMatchObject({ exit: 2 });
  });

  test("for machines too", async () => {
    const { exit, stderr } = await run(["--json", "--php", "nowhere:"]);
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ level: "error", code: "USAGE" });
  });
});

describe("exit code 1: it could not run", () => {
  test("[TJ14] a port that is taken: who to look for and what to type; the other one is unharmed", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { exit, stdout, stderr } = await run([".", "--listen", `127.0.0.1:${port}`]);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^x-proxy: another program listens on 127\\.0\\.0\\.1:${port} already: find it with \`.*:${port}.*\`, or choose another port: x-proxy serve --listen 127\\.0\\.0\\.1:${port + 1}\n$`,
      ),
    );
    expect(other.listening).toBe(true);
  });

  test("an address that this machine does not have", async () => {
    expect(await run([".", "--listen", "192.0.2.1:8080"])).toEqual({
      exit: 1,
      stdout: "",
      stderr:
        "x-proxy: this machine has no address 192.0.2.1: listen on one that it has: x-proxy serve --listen 127.0.0.1:8080\n",
    });
  });
});

test("help: examples first, only what exists; version: a number", async () => {
  const { exit, stdout, stderr } = await run(["--help"]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout.indexOf("Examples:")).toBeLessThan(stdout.indexOf("Usage:"));
  expect(stdout).not.toMatch(/--watch|--inspect|reload|purge/);
  expect(await run(["-V"])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
});
