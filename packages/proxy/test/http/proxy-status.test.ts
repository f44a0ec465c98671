import { expect, test } from "vitest";

import { HEAD, application, serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";

test("an application that is not there is told in the words of RFC 9209", async () => {
  const gateway = serve({
    upstreams: { app: { addresses: ["unix:/absent.sock"] } },
    routes: [{ fastcgi: { upstream: "app" } }],
  });
  const got = await ask(gateway, "/");
  expect([got.status, got.header("proxy-status")]).toEqual([502, ["x-proxy; error=connection_refused"]]);
});

test("one that answers nonsense, too, and a refusal of ours or an error of its own is none", async () => {
  const { gateway } = await application((request) => request.end("nonsense"));
  expect((await ask(gateway, "/")).header("proxy-status")).toEqual(["x-proxy; error=http_protocol_error"]);
  expect((await ask(gateway, "/%00")).header("proxy-status")).toEqual([]);
  const own = await application((request) => request.end(`Status: 502\r\n${HEAD}`));
  expect((await ask(own.gateway, "/")).header("proxy-status")).toEqual([]);
});
