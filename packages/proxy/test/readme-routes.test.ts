// The routes of the README that need applications, as they stand there: permission first, and files made into something else.
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { RouteConfig } from "../src/config/define-config.ts";
import { HEAD, serve } from "./support/application.ts";
import { ask } from "./support/memory-exchange.ts";
import { ScriptedBackend } from "./support/scripted-backend.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The routes of the first example of a section, for a folder in place of the working one. */
function routesOf(heading: string, folder: string): RouteConfig[] {
  const section = readme.slice(readme.indexOf(`\n## ${heading}\n`));
  const code = /^```typescript\nroutes: (\[.*?\]);\n```/ms.exec(section)?.[1];
  if (code === undefined) throw new Error(`The section ${heading} has no example.`);
  // oxlint-disable-next-line no-implied-eval -- our own README
  return new Function(`return ${code.replaceAll('"./', `"${folder}/`)};`)() as RouteConfig[];
}

test("[P81] [P83] permission first: an authorizer before files, a session before PHP", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "reports"));
  mkdirSync(join(root, "shop"));
  writeFileSync(join(root, "reports/may.txt"), "a report");
  writeFileSync(join(root, "shop/index.php"), "");
  const guard = await ScriptedBackend.listen((request) => {
    const known = request.params["HTTP_COOKIE"] === "known=1";
    request.end(known ? "Status: 200\r\n\r\n" : "Status: 403\r\nContent-Type: text/plain\r\n\r\nfor members");
  });
  const node = await ScriptedBackend.listen((request) => {
    const { REQUEST_METHOD, REQUEST_URI, HTTP_COOKIE, HTTP_X_ORIGINAL_URI } = request.params;
    const known = HTTP_COOKIE === "known=1" && `${REQUEST_METHOD} ${REQUEST_URI}` === "GET /session";
    if (!known) request.end("Status: 401\r\nWWW-Authenticate: Basic\r\n\r\n");
    else request.end(`Status: 204\r\nX-User: ada of ${HTTP_X_ORIGINAL_URI}\r\nSet-Cookie: seen=1\r\n\r\n`);
  });
  const php = await ScriptedBackend.listen((request) => request.end(`${HEAD}for ${request.params["REMOTE_USER"]}`));
  const upstreams = { guard, node, php };
  const gateway = serve({
    root,
    upstreams: Object.fromEntries(
      Object.entries(upstreams).map(([name, { address }]) => [name, { addresses: [address] }]),
    ),
    routes: routesOf("Permission first", root),
  });
  const headers = ["Cookie", "known=1"];
  expect(await ask(gateway, "/reports/may.txt")).toMatchObject({ status: 403, text: "for members" });
  expect(await ask(gateway, "/reports/may.txt", { headers })).toMatchObject({ status: 200, text: "a report" });
  const refused = await ask(gateway, "/shop/cart");
  expect([refused.status, refused.header("www-authenticate")]).toEqual([401, ["Basic"]]);
  const allowed = await ask(gateway, "/shop/index.php", { headers });
  expect([allowed.status, allowed.text]).toEqual([200, "for ada of /shop/index.php"]);
  expect(allowed.header("set-cookie")).toEqual(["seen=1"]);
});

test("[P84] files made into something else: a page of Markdown, and 304 for who has it", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "docs/menu.md"), "# Menu");
  utimesSync(join(folder, "docs/menu.md"), 1_600_000_000, 1_600_000_000);
  const markdown = await ScriptedBackend.listen(async (request) => request.end(`${HEAD}<${await request.file()}>`));
  const gateway = serve({
    upstreams: { markdown: { addresses: [markdown.address] } },
    routes: routesOf("Files made into something else", folder),
  });
  const page = await ask(gateway, "/menu.md");
  expect([page.status, page.text]).toEqual([200, "<# Menu>"]);
  const again = await ask(gateway, "/menu.md", { headers: ["If-None-Match", page.header("etag")[0] ?? ""] });
  expect([again.status, markdown.requests.length]).toEqual([304, 1]);
  expect((await ask(gateway, "/absent.md")).status).toBe(404);
  expect((await ask(gateway, "/menu.txt")).status).toBe(404);
});
