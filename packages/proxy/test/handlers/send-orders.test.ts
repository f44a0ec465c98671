import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { SendfileConfig } from "../../src/config/define-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { HEAD, serve } from "../support/application.ts";
import { type Asked, type MemoryExchange, ask } from "../support/memory-exchange.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function folder(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, "files"));
  for (const name of ["files/a.txt", "files/a.php", "files/.env", "secret.txt"]) writeFileSync(join(root, name), name);
  symlinkSync("/etc/passwd", join(root, "files", "link"));
  return root;
}

/** An application that answers with the headers of the request's query. */
async function site(root: string, sendfile: SendfileConfig | undefined): Promise<Gateway> {
  const application = await ScriptedBackend.listen((request) => {
    const order = decodeURIComponent(request.params["QUERY_STRING"] ?? "");
    request.end(`${order}\r\nX-Own: b\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n${HEAD}wrong`);
  });
  return serve({
    upstreams: { app: { addresses: [application.address] } },
    routes: [
      { match: "/int/*", mount: "/int", root: join(root, "files"), internal: true, static: true },
      { match: "/guarded/*", internal: true, access: { deny: ["all"] }, root, static: true },
      { match: "/script", internal: true, fastcgi: { upstream: "app" } },
      { match: "/public/*", root, static: true },
      { fastcgi: { upstream: "app", sendfile } },
    ],
  });
}

function order(gateway: Gateway, header: string, asked?: Asked): Promise<MemoryExchange> {
  return ask(gateway, `/x?${encodeURIComponent(header)}`, asked);
}

describe("X-Accel-Redirect", () => {
  test("[C35] sends a file of an internal route, with headers of the application's", async () => {
    const gateway = await site(folder(), { accel: true });
    const got = await order(gateway, "X-Accel-Redirect: /int/a.txt");
    expect(got).toMatchObject({ status: 200, text: "files/a.txt" });
    expect(got.header("content-type")).toEqual(["text/plain"]);
    expect(got.header("set-cookie")).toEqual(["a=b"]);
    expect(got.header("content-length")).toEqual(["11"]);
    expect([got.header("x-own"), got.header("x-accel-redirect")]).toEqual([[], []]);
  });

  test("answers ranges and conditions of the client, and a POST as a GET", async () => {
    const gateway = await site(folder(), { accel: true });
    const part = await order(gateway, "X-Accel-Redirect: /int/a.txt", { headers: ["Range", "bytes=0-4"] });
    expect([part.status, part.text]).toEqual([206, "files"]);
    const post = { method: "POST", headers: ["Content-Length", "2"], body: ["hi"] };
    expect(await order(gateway, "X-Accel-Redirect: /int/a.txt", post)).toMatchObject({
      status: 200,
      text: "files/a.txt",
    });
  });

  test.each<[string, string, number]>([
    ["a file of the machine", "/etc/passwd", 502],
    ["a climb out of the folder", "/int/../../secret.txt", 502],
    ["an encoded one", "/int/%2e%2e/secret.txt", 502],
    ["another server", "http://evil.example/int/a.txt", 502],
    ["a script", "/int/a.php", 404],
    ["a dot file", "/int/.env", 404],
    ["a link out of the folder", "/int/link", 404],
    ["a file that is not there", "/int/none", 404],
    ["a route that is not internal", "/public/secret.txt", 502],
    ["an internal route with an application", "/script", 502],
    ["an internal route that nobody may use", "/guarded/secret.txt", 403],
  ])("[V43] [TG13] not %s", async (_title, target, status) => {
    const gateway = await site(folder(), { accel: true });
    const got = await order(gateway, `X-Accel-Redirect: ${target}`);
    expect(got.status).toBe(status);
    expect(got.text).not.toMatch(/secret\.txt$|root:|^files\//);
    expect(got.header("x-accel-redirect")).toEqual([]);
  });
});

describe("X-Sendfile", () => {
  test("[C35] sends a file below a folder that the route names", async () => {
    const root = folder();
    const gateway = await site(root, { roots: [join(root, "files")] });
    const got = await order(gateway, `X-Sendfile: ${root}/files/a.txt`);
    expect(got).toMatchObject({ status: 200, text: "files/a.txt" });
    expect(got.header("x-sendfile")).toEqual([]);
  });

  test.each<[string, string, number]>([
    ["a file of the machine", "/etc/passwd", 502],
    ["a file beside the folder", "ROOT/secret.txt", 502],
    ["a folder whose name begins alike", "ROOT/files2/a", 502],
    ["a climb", "ROOT/files/../secret.txt", 502],
    ["a relative path", "files/a.txt", 502],
    ["a script", "ROOT/files/a.php", 404],
    ["a dot file", "ROOT/files/.env", 404],
    ["a link out of the folder", "ROOT/files/link", 404],
    ["the folder itself", "ROOT/files/", 404],
  ])("[V43] [TG13] not %s", async (_title, path, status) => {
    const root = folder();
    const gateway = await site(root, { roots: [join(root, "files")] });
    const got = await order(gateway, `X-Sendfile: ${path.replace("ROOT", root)}`);
    expect(got.status).toBe(status);
    expect(got.text).not.toMatch(/root:|^secret\.txt$|^files\//);
    expect(got.header("x-sendfile")).toEqual([]);
  });
});

test("[TG13] an X-Accel-Redirect that leads to no file is named to a developer", async () => {
  const gateway = await site(folder(), { accel: true });
  const got = await order(gateway, "X-Accel-Redirect: /int/b.txt");
  expect(got.status).toBe(404);
  expect(got.text).toContain('For X-Accel-Redirect "/int/b.txt": No file of this route answers the path.');
  const stranger = await order(gateway, "X-Accel-Redirect: /int/b.txt", { remote: { address: "192.0.2.7", port: 1 } });
  expect(stranger.text).not.toContain("/int");
});

test("[TG13] a file that is not there is named to a developer, as the application named it", async () => {
  const root = folder();
  const gateway = await site(root, { roots: [join(root, "files")] });
  const got = await order(gateway, `X-Sendfile: ${root}/files/b.txt`);
  expect(got.status).toBe(404);
  expect(got.text).toContain(`The application sent X-Sendfile with the path of no file: ${root}/files/b.txt`);
  const stranger = await order(gateway, `X-Sendfile: ${root}/files/b.txt`, {
    remote: { address: "192.0.2.7", port: 1 },
  });
  expect(stranger.text).not.toContain(root);
});

test("[V43] [TG13] [TG15] without the option the headers are removed, and the body is the application's", async () => {
  const root = folder();
  for (const header of ["X-Accel-Redirect: /int/a.txt", `X-Sendfile: ${root}/files/a.txt`]) {
    const got = await order(await site(root, undefined), header);
    expect(got).toMatchObject({ status: 200, text: "wrong" });
    expect([got.header("x-accel-redirect"), got.header("x-sendfile")]).toEqual([[], []]);
  }
});

test("[TG14] a client's own header orders nothing, and is not given back", async () => {
  const root = folder();
  const gateway = await site(root, { roots: [join(root, "files")], accel: true });
  const headers = ["X-Accel-Redirect", "/int/a.txt", "X-Sendfile", `${root}/files/a.txt`];
  const got = await order(gateway, "X-A: b", { headers });
  expect(got).toMatchObject({ status: 200, text: "wrong" });
  expect([got.header("x-accel-redirect"), got.header("x-sendfile")]).toEqual([[], []]);
});
