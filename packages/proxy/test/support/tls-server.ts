import { once } from "node:events";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { onTestFinished } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { type ProxyServer, createProxyServer } from "../../src/server.ts";

/** A server with what answers by itself, ended with the test. */
export async function startServer(config: Partial<ProxyConfig>): Promise<{ server: ProxyServer; ports: number[] }> {
  const server = createProxyServer({
    routes: [{ respond: { body: "hello" } }],
    errors: "plain",
    ...config,
  });
  const addresses = await server.listen();
  onTestFinished(() => server.destroy());
  return { server, ports: addresses.map(({ port }) => port ?? 0) };
}

/** A connection whose handshake is over. */
export async function connectTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, servername: "localhost", ...options });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

/** What comes back until the other side ends. */
export async function ask(socket: TLSSocket, request: string): Promise<string> {
  socket.write(request, "latin1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (part: string) => (text += part));
  if (!socket.closed) await once(socket, "close");
  return text;
}

export const LAST_GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** The common name of the certificate that the server has shown. */
export function shown(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}
