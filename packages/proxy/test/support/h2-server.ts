import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";

import { onTestFinished } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import type { ProxyServer } from "../../src/server.ts";
import { makeCertificate } from "./certificates.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";
import { startServer } from "./tls-server.ts";

export const HEAD = "Content-Type: text/plain\r\n\r\n";

/** A server that speaks HTTP/2 before a scripted application. */
export interface ServedH2 {
  readonly port: number;
  readonly server: ProxyServer;
  readonly backend: ScriptedBackend;
}

/** @param route of the application's route */
export async function serveH2(
  script: Script,
  config: Partial<ProxyConfig> = {},
  route: object = {},
): Promise<ServedH2> {
  const backend = await ScriptedBackend.listen(script);
  const { ports, server } = await startServer({
    listen: ["https://127.0.0.1:0"],
    tls: makeCertificate(),
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app", ...route } }],
    ...config,
  });
  return { port: ports[0] ?? 0, server, backend };
}

/** A client of Node's. */
export function clientOf(port: number): ClientHttp2Session {
  const client = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  client.on("error", () => undefined);
  onTestFinished(() => void client.destroy());
  return client;
}

/** What came back, to the end of the stream. */
export async function answerOf(stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  let headers: IncomingHttpHeaders = {};
  stream.on("response", (it) => (headers = it));
  stream.setEncoding("latin1");
  let body = "";
  for await (const part of stream) body += String(part);
  return { headers, body };
}
