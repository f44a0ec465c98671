import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { HEAD, application, serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("[TC18] no header names another path or another method", async () => {
  const gateway = serve({
    routes: [
      { match: "/admin", respond: { body: "admin" } },
      { match: { path: "/x", method: "DELETE" }, respond: { body: "deleted" } },
      { match: "/x", respond: { body: "x" } },
    ],
  });
  const headers = [
    ...["X-Original-URL", "/admin", "X-Rewrite-URL", "/admin", "X-Forwarded-Prefix", "/admin"],
    ...["X-HTTP-Method-Override", "DELETE", "X-Forwarded-Uri", "/admin"],
  ];
  expect(await ask(gateway, "/x", { headers })).toMatchObject({ status: 200, text: "x" });
});

test("[TC19] an unknown host has the routes without one, and a configured SERVER_NAME", async () => {
  const { gateway, backend } = await application((request) => request.end(HEAD), {
    config: {
      routes: [
        { match: { host: "a.example" }, respond: { body: "a" } },
        { fastcgi: { upstream: "app", params: { SERVER_NAME: "default.example" } } },
      ],
    },
  });
  await ask(gateway, "/", { host: "evil.example" });
  expect(backend.requests[0]?.params).toMatchObject({ SERVER_NAME: "default.example", HTTP_HOST: "evil.example" });
});

test("[TD17] browsers are told not to guess what an upload is", async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, "x.txt"), "<script>alert(1)</script>");
  const got = await ask(serve({ root, routes: [{ static: true }] }), "/x.txt");
  expect([got.header("content-type"), got.header("x-content-type-options")]).toEqual([
    ["text/plain; charset=utf-8"],
    ["nosniff"],
  ]);
});

test("[TD18] names are bytes: composed and decomposed letters are two files", async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, "é.txt".normalize("NFC")), "composed");
  const gateway = serve({ root, routes: [{ static: true }] });
  expect(await ask(gateway, `/${encodeURIComponent("é.txt".normalize("NFC"))}`)).toMatchObject({ text: "composed" });
  expect((await ask(gateway, `/${encodeURIComponent("é.txt".normalize("NFD"))}`)).status).toBe(404);
});

test("[TG20] what an application says of its response selects no handler", async () => {
  const { gateway, backend } = await application((request) =>
    request.end("Content-Type: application/x-httpd-php\r\nX-Handler: server-status\r\n\r\n<?php phpinfo();"),
  );
  expect(await ask(gateway, "/a.php")).toMatchObject({ status: 200, text: "<?php phpinfo();" });
  expect(backend.requests).toHaveLength(1);
});

test("[TA31] headers named like parts of objects are headers like others", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const { gateway, backend } = await application((request) => request.end(HEAD));
  const headers = ["__proto__", "x", "constructor", "y", "hasOwnProperty", "z"];
  expect((await ask(gateway, "/", { headers })).status).toBe(200);
  expect(backend.requests[0]?.params).toMatchObject({ HTTP_CONSTRUCTOR: "y", HTTP_HASOWNPROPERTY: "z" });
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});
