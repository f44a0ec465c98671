import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { HEAD, serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("the application may see the document root elsewhere", async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, "index.php"), "");
  const backend = await ScriptedBackend.listen((request) => request.end(HEAD));
  const gateway = serve({
    root,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app", extensions: [".php"], rootOnBackend: "/var/www/" } }],
  });
  await ask(gateway, "/index.php/info");
  expect(backend.requests[0]?.params).toMatchObject({
    ...{ DOCUMENT_ROOT: "/var/www", SCRIPT_FILENAME: "/var/www/index.php", PATH_TRANSLATED: "/var/www/info" },
    SCRIPT_NAME: "/index.php",
  });
});

test("[TD16] a link that a deployment switches is named by where it leads", async () => {
  const folder = temporaryFolder();
  for (const name of ["1", "2"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "index.php"), "");
    writeFileSync(join(folder, name, "other.php"), "");
  }
  const root = join(folder, "current");
  symlinkSync(join(folder, "1"), root);
  const backend = await ScriptedBackend.listen((request) => request.end(HEAD));
  const config = (resolveRoot: boolean) => ({
    root,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app", extensions: [".php"], resolveRoot } }],
  });
  const gateway = serve(config(true));
  await ask(gateway, "/index.php/x");
  const first = join(folder, "1");
  expect(backend.requests[0]?.params).toMatchObject({
    ...{ DOCUMENT_ROOT: first, SCRIPT_FILENAME: join(first, "index.php"), PATH_TRANSLATED: join(first, "x") },
  });
  symlinkSync(join(folder, "2"), join(folder, "next"));
  renameSync(join(folder, "next"), root);
  // Another gateway has looked at nothing yet: what one remembers for a second is no matter here.
  await ask(serve(config(true)), "/other.php");
  expect(backend.requests[1]?.params["SCRIPT_FILENAME"]).toBe(join(folder, "2", "other.php"));
  await ask(serve(config(false)), "/other.php");
  expect(backend.requests[2]?.params).toMatchObject({ DOCUMENT_ROOT: root, SCRIPT_FILENAME: join(root, "other.php") });
});
