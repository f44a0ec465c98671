import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { askFpm } from "../../src/php/ask-fpm.ts";
import { listPhp } from "../../src/processes/php-program.ts";
import { isRoot, needs } from "../support/needs.ts";
import { startRunningFpm } from "../support/running-fpm.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function site(files: Readonly<Record<string, string>> = { "index.php": "<?php touch(__DIR__ . '/ran');" }): string {
  const folder = join(temporaryFolder(), "site");
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return folder;
}

describe("a real PHP-FPM", () => {
  test("sees a folder that is open, whatever lies in it, and runs nothing", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    const { address } = await startRunningFpm();
    const withFolder = site({ "a.php": "<?php echo 1;" });
    mkdirSync(join(withFolder, "sub"));
    for (const [folder, inside] of [
      [site(), false],
      [site({}), false],
      [site({ "style.css": "a{}", "index.php": "" }), true],
      [withFolder, true],
    ] as const) {
      expect(await askFpm(address, folder)).toEqual({ kind: "sees", inside });
    }
    expect(await askFpm(address, join(site(), "nope"))).toEqual({ kind: "blind" });
  });

  test("does not see what its user may not enter", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const { address } = await startRunningFpm();
    const folder = site({ "style.css": "" });
    chmodSync(folder, 0o700);
    expect(await askFpm(address, folder)).toEqual({ kind: "blind" });
    chmodSync(join(folder, ".."), 0o700);
    expect(await askFpm(address, folder)).toEqual({ kind: "blind" });
  });

  test("in a chroot sees another file system", async (context) => {
    needs(context, "php-fpm", listPhp("php-fpm").length > 0);
    needs(context, "root", isRoot);
    const { address } = await startRunningFpm([`chroot = ${temporaryFolder()}`]);
    expect(await askFpm(address, site())).toEqual({ kind: "blind" });
  });
});

test("nobody there, or only what somebody left: absent", async () => {
  const folder = temporaryFolder();
  expect(await askFpm(`unix:${folder}/none.sock`, "/")).toEqual({ kind: "absent" });
  expect(await askFpm(`unix:${folder}/none/none.sock`, "/")).toEqual({ kind: "absent" });
  const backend = await ScriptedBackend.listen(() => undefined);
  const { address } = backend;
  await backend.stop();
  expect(await askFpm(address, "/")).toEqual({ kind: "absent" });
});

test("another FastCGI application is no PHP-FPM", async () => {
  const backend = await ScriptedBackend.listen((request) => request.end("Content-Type: text/plain\r\n\r\nhello"));
  onTestFinished(() => backend.stop());
  expect(await askFpm(backend.address, "/")).toEqual({
    kind: "unusable",
    why: "speaks FastCGI, but is no PHP-FPM",
  });
});

test("neither is an HTTP server", async () => {
  const server = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  expect(await askFpm(`tcp://127.0.0.1:${port}`, "/")).toEqual({ kind: "unusable", why: "does not speak FastCGI" });
});

test("one that is busy or stuck is of no use", async () => {
  const backend = await ScriptedBackend.listen(() => undefined);
  onTestFinished(() => backend.stop());
  expect(await askFpm(backend.address, "/")).toEqual({ kind: "unusable", why: "did not answer within 2 s" });
});
