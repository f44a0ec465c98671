import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { createGateway } from "../../src/gateway.ts";
import { nodeServerOptions, toNodeListener } from "../../src/node/index.ts";
import { makeCertificate } from "../support/certificates.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { LAST_GET, ask, connectTls } from "../support/tls-server.ts";

test("behind node:https, applications are told what client and server agreed upon", async () => {
  const backend = await ScriptedBackend.listen((request) => request.end("Content-Type: text/plain\r\n\r\n"));
  const gateway = createGateway({
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app" } }],
  });
  const { cert, key } = makeCertificate();
  const options = { ...nodeServerOptions(), cert: readFileSync(cert), key: readFileSync(key) };
  const server = createServer(options, toNodeListener(gateway)).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await gateway.destroy();
  });
  await once(server, "listening");
  expect(await ask(await connectTls((server.address() as AddressInfo).port), LAST_GET)).toMatch(/^HTTP\/1\.1 200 /);
  const { params } = await backend.request(0);
  expect(params).toMatchObject({ HTTPS: "on", SSL_PROTOCOL: "TLSv1.3", SSL_TLS_SNI: "localhost" });
  expect(params["SSL_CIPHER"]).toMatch(/^TLS_/);
});
