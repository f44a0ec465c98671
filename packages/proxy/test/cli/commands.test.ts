import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import { parseArguments } from "../../src/cli/arguments.ts";
import { requestOf } from "../../src/cli/explain.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

async function run(args: readonly string[], cwd: string): Promise<{ exit: unknown; stdout: string; stderr: string }> {
  const program = new ProxyProgram(args, { cwd });
  const exit = await program.exit();
  return { exit, stdout: program.stdout, stderr: program.stderr };
}

function site(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "public", "index.php"), "");
  writeFileSync(join(folder, "public", ".htaccess"), "");
  return folder;
}

function withConfig(routes: unknown): string {
  const folder = site();
  const config = { root: "public", upstreams: { php: { addresses: ["unix:/absent.sock"] } }, routes };
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config, undefined, 2));
  return folder;
}

describe("check", () => {
  test("says that all is fine, and what may surprise", async () => {
    const { exit, stdout } = await run(["check"], withConfig([{ php: "php" }]));
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^x\.config\.json is fine: 1 route, 1 upstream\nnote: \.htaccess is not read/);
  });

  test("says what is wrong, with file, line, key and the right name", async () => {
    const { exit, stderr } = await run(["check"], withConfig([{ php: "phq" }]));
    expect(exit).toBe(2);
    expect(stderr).toBe('x-proxy: x.config.json:12: routes[0].php "phq" is not defined. Did you mean "php"?\n');
  });

  test("[TK02] says what everybody would get and should not", async () => {
    const folder = site();
    const config = { root: ".", routes: [{ static: true }] };
    writeFileSync(join(folder, "site.json"), JSON.stringify(config));
    const { exit, stdout } = await run(["check", "--config", "site.json"], folder);
    expect(exit).toBe(0);
    expect(stdout).toContain(
      `\nnote: ${join(folder, "site.json")}, the configuration, lies in a folder that is served: move it, or deny it\n`,
    );
  });

  test("needs a configuration", async () => {
    const { exit, stderr } = await run(["check"], site());
    expect(exit).toBe(2);
    expect(stderr).toContain("name one with --config FILE, or make one with `x-proxy init`");
  });
});

test("expand prints a configuration that means the same", async () => {
  const folder = withConfig([{ php: "php", preset: "none" }]);
  const { exit, stdout } = await run(["expand"], folder);
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    routes: [{ fastcgi: { tryFiles: ["{path}", "{path}/", "/index.php"] } }],
  });
  writeFileSync(join(folder, "x.config.json"), stdout);
  expect((await run(["expand"], folder)).stdout).toBe(stdout);
});

describe("the configuration in the working folder", () => {
  test("is what is served, and the start says so", async () => {
    const folder = withConfig([{ respond: { body: "of the configuration" } }]);
    const program = new ProxyProgram(["--listen", "127.0.0.1:0"], { cwd: folder });
    const port = await program.port();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("of the configuration");
    expect(program.stdout).toMatch(/^ {2}config +\/\S+\/x\.config\.json$/m);
  });

  test("is not, where a folder is named; the start and check say so", async () => {
    const folder = withConfig([{ respond: { body: "of the configuration" } }]);
    const program = new ProxyProgram([".", "--listen", "127.0.0.1:0"], { cwd: folder });
    const port = await program.port();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    const said =
      /note:? +\S+\/x\.config\.json is not read, since the command line says what to serve: --config reads it/;
    expect(program.stdout).toMatch(said);
    expect((await run(["check", "."], folder)).stdout).toMatch(said);
  });
});

test("explain takes the configuration of the folder, or the folder that it is given", async () => {
  const folder = withConfig([
    { match: "/health", respond: {} },
    { php: "php", preset: "none" },
  ]);
  const { exit, stdout } = await run(["explain", "http://localhost/x?y", "-H", "X-A: b"], folder);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^GET \/x\?y of localhost\n\nrequest {3}path \/x, http, from 127\.0\.0\.1\nroute 0 {3}no: /);
  expect(stdout).toContain("  HTTP_X_A           b  (the x-a header)\n");
  const json = await run(["explain", "/x", "./public", "--php", "tcp://127.0.0.1:9", "--json"], folder);
  expect(JSON.parse(json.stdout)).toMatchObject({ application: { addresses: ["tcp://127.0.0.1:9"] } });
});

test("init writes a configuration that is fine, and never over another one", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "public", "index.php"), "");
  const first = await run(["init"], folder);
  expect([first.exit, first.stderr]).toEqual([0, ""]);
  expect(readFileSync(join(folder, "x.config.ts"), "utf8")).toContain('root: "./public"');
  expect(first.stdout).toBe(`wrote ${folder}/x.config.ts\nlook at it: x-proxy expand\nserve it:   x-proxy\n`);
  const checked = await run(["check"], folder);
  expect([checked.exit, checked.stderr]).toEqual([0, ""]);
  const second = await run(["init"], folder);
  expect(second.exit).toBe(2);
  expect(second.stderr).toContain("is there already");
  expect((await run(["init", "./public/"], folder)).stdout).toContain("x-proxy expand --config public/x.config.ts\n");
});

describe("what explain is asked", () => {
  const asked = (...argv: string[]) => requestOf(parseArguments(["explain", ...argv], "help"));

  test("is sent as a browser would", () => {
    const request = asked("HTTPS://Ex.example:8443/a b/ü?ß", "-X", "POST", "-H", "host: other", "-H", "A: ü");
    expect(request.target).toBe("/a%20b/%C3%BC?%C3%9F");
    expect(request).toMatchObject({ method: "POST", scheme: "https", local: { port: 8443 } });
    expect(request.rawHeaders).toEqual(["Host", "other", "A", "\xc3\xbc"]);
  });

  test("is a path, too, and comes from anywhere", () => {
    expect(asked("/x", "--from", "192.0.2.1").remote.address).toBe("192.0.2.1");
    expect(asked("/x", "--from", "unix:").remote.address).toBeUndefined();
    expect(asked("http://a").target).toBe("/");
  });

  test("must be a URL", () => {
    expect(() => asked("x")).toThrow("explain needs a URL");
    expect(() => asked("/x#y")).toThrow("explain needs a URL");
    expect(() => asked()).toThrow("explain needs a URL");
    expect(() => asked("/", "-H", "x")).toThrow('-H needs a header such as "Accept: text/html"');
    expect(() => parseArguments(["--from", "::1"], "help")).toThrow("--from belongs to `x-proxy explain URL`.");
  });
});
