// What goes wrong at the start is told in one sentence. Exit code 2: a mistake of whoever started it; 1: the system does not let it.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { temporaryFolder } from "../support/application.ts";
import { MODULE, run } from "../support/command.ts";
import type { Running } from "../support/command.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

async function expectSentence({ exit, output }: Running, sentence: string, code: 1 | 2): Promise<void> {
  const ended = await exit;
  expect(output()).toContain(sentence);
  expect(output()).toMatch(/^x-responder: [^\n]+\n$/);
  expect(ended).toBe(code);
}

test.each<[string, readonly string[], string]>([
  ["no module", [], "say which module to serve"],
  ["two modules", ["a.js", "b.js"], "one module at a time"],
  ["an unknown flag", ["a.js", "--foo"], "'--foo'"],
  ["a number that is none", [MODULE, "--workers", "many"], "--workers is a whole number from 1 up, not many."],
  ["a mode that is none", [MODULE, "--mode", "rw"], "such as 0660"],
  [
    "a group that is none",
    [MODULE, "--listen", "unix:/nowhere/a.sock", "--group", "no-such"],
    "no group no-such: name",
  ],
  ["a log that is none", [MODULE, "--log", "xml"], "--log is json, not xml."],
  ["a mount that is none", [MODULE, "--mount", "/app"], "--mount is keep or strip"],
  ["a module that is not there", ["/nowhere.js"], "there is no file /nowhere.js"],
  ["a folder in place of a module", ["/"], "/ is no file: name the module that exports the application."],
  [
    "a flag without its value",
    [MODULE, "--workers", "--watch"],
    "'--workers' argument is ambiguous; see x-responder --help.",
  ],
  ["a path that no socket can have", [MODULE, "--listen", `unix:/${"a".repeat(120)}`], "107 are the most for a socket"],
  [
    "a port that all could reach",
    [MODULE, "--listen", "tcp://0.0.0.0:9000"],
    "list the web servers in allowedPeers or",
  ],
  ["an address that is none", [MODULE, "--listen", "/run/app.sock"], 'write "unix:/run/app.sock"'],
  [
    "[P2] nothing to listen on",
    [MODULE],
    'There is nothing to listen on: say where to listen, such as listen: "unix:/run/app.sock" (`--listen unix:/run/app.sock` of',
  ],
])("%s is a mistake: one sentence, exit code 2", async (_what, args, sentence) => {
  await expectSentence(run(args), sentence, 2);
});

/** A module of these lines, and what else is to lie beside it. */
function moduleOf(text: string, beside: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries({ "app.mjs": text, ...beside }))
    writeFileSync(join(folder, name), content);
  return join(folder, "app.mjs");
}

test.for<[what: string, text: string, sentence: (path: string) => string, beside?: Record<string, string>]>([
  [
    "exports no application",
    "export const nothing = 1;",
    (path) => `${path} has no application: export default an Express, Koa`,
  ],
  [
    "serves by itself",
    'import http from "node:http"; http.createServer().listen(0, "127.0.0.1");',
    (path) => `${path} has no application: export default`,
  ],
  ["throws", '\nthrow new Error("no\\ndatabase.");', (path) => `cannot be loaded: no database (at ${path}:2:7).\n`],
  ["throws what is no error", "throw { a: 1 };", (path) => `${path} cannot be loaded: { a: 1 }.\n`],
  [
    "throws in a function of another module",
    'import { f } from "./f.mjs"; f();',
    (path) => `(reading 'a') (at ${path.replace("app.mjs", "f.mjs")}:2:8).\n`,
    { "f.mjs": "export function f() {\n  null.a;\n}" },
  ],
  [
    "is no JavaScript",
    "export default (",
    (path) => `${path} cannot be loaded: SyntaxError: Unexpected end of input; node ${path} shows where.\n`,
  ],
  [
    "imports what is not installed",
    'import "@x/no-such-package";',
    (path) => `cannot be loaded: Cannot find package '@x/no-such-package' imported from ${path}.\n`,
  ],
  [
    "has a Fastify that cannot start",
    'export default { routing() {}, ready: () => Promise.reject(new TypeError("a plugin")) };',
    (path) => `${path} cannot be loaded: TypeError: a plugin (at ${path}:1:`,
  ],
])("a module that %s is a mistake, by itself and in a worker", async ([, text, sentence, beside]) => {
  const module = moduleOf(text, beside);
  await expectSentence(run([module]), sentence(module), 2);
  await expectSentence(run([module, "--listen", `unix:${join(temporaryFolder(), "app.sock")}`]), sentence(module), 2);
});

test("-v shows the stack of what a module throws", async () => {
  const module = moduleOf('throw new Error("no database");');
  const { exit, output } = run([module, "-v", "--listen", `unix:${join(temporaryFolder(), "app.sock")}`]);
  expect(await exit).toBe(2);
  expect(output()).toMatch(/^x-responder: .*\nError: no database\n {4}at file:.*app\.mjs:1:7\n/);
});

test("a TCP port that is taken is told, and no other one served", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sentence = `Cannot listen on ${address}: another process is listening there; stop it or choose another address.`;
  await expectSentence(run([MODULE, "--listen", address], { FCGI_WEB_SERVER_ADDRS: "127.0.0.1" }), sentence, 1);
});

test.each([
  [
    "whose folder is missing",
    "no/app.sock",
    (folder: string) => `the folder ${join(folder, "no")} does not exist; create it`,
  ],
  [
    "below a file",
    "app.mjs/app.sock",
    (folder: string) => `${join(folder, "app.mjs")} is no folder; choose another path.`,
  ],
  [
    "that is a file",
    "app.mjs",
    (folder: string) => `${join(folder, "app.mjs")} exists and is no socket; it is left alone`,
  ],
])("a socket %s cannot be: one sentence, exit code 1", async (_what, name, sentence) => {
  const folder = join(moduleOf(""), "..");
  await expectSentence(run([MODULE, "--listen", `unix:${join(folder, name)}`]), sentence(folder), 1);
});
