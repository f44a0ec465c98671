// A web server that speaks SCGI: one request a connection.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

import { encodeScgiHead } from "@x/protocol/scgi";
import { onTestFinished } from "vitest";

export interface ScgiConnection {
  readonly socket: Socket;
  /** All that came until the application closed the connection; rejects when it broke it. */
  readonly answer: Promise<string>;
}

/** Connects to `scgi+unix:` or `scgi+tcp://127.0.0.1:`; closed when the test ends. */
export async function connectScgi(address: string): Promise<ScgiConnection> {
  const path = /^scgi\+unix:(.*)$/.exec(address)?.[1];
  const port = /:(\d+)$/.exec(address)?.[1];
  const options = path === undefined ? { host: "127.0.0.1", port: Number(port) } : { path };
  const socket = connect({ ...options, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const answer = read(socket);
  answer.catch(() => {});
  return { socket, answer };
}

/** The head of a request, with CONTENT_LENGTH. */
export function scgiHead(params: Record<string, string> = {}, contentLength = 0): Uint8Array {
  return encodeScgiHead({ REQUEST_METHOD: "GET", REQUEST_URI: "/", ...params }, contentLength);
}

/** Asks, and gives the whole answer. */
export async function askScgi(address: string, params: Record<string, string> = {}, body = ""): Promise<string> {
  const { socket, answer } = await connectScgi(address);
  socket.write(Buffer.concat([scgiHead(params, Buffer.byteLength(body)), Buffer.from(body)]));
  return answer;
}

async function read(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await once(socket, "end");
  socket.end();
  return Buffer.concat(parts).toString("latin1");
}
