import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

import { onTestFinished } from "vitest";

import type { GatewayRequest, GatewayResponse } from "../../src/gateway-request.ts";
import type { ConnectionRules } from "../../src/http1/connection-rules.ts";
import { HttpFront } from "../../src/worker/http-front.ts";
import { RawClient } from "./raw-client.ts";

export const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

interface Started {
  readonly front: HttpFront;
  readonly client: () => RawClient;
  /** The server's ends of the connections. */
  readonly sockets: readonly Socket[];
  /** The next request and its response, in turn. */
  readonly next: () => Promise<[GatewayRequest, GatewayResponse]>;
}

const RULES: ConnectionRules = {
  limits: { headBytes: 16_384, headLines: 100 },
  requestHead: 10_000,
  request: 0,
  keepAlive: 5_000,
};

/** A front whose requests the test answers by hand. */
export async function start(
  rules: Partial<ConnectionRules> = {},
  ready: Promise<void> = Promise.resolve(),
): Promise<Started> {
  const came: [GatewayRequest, GatewayResponse][] = [];
  let onRequest = (): void => undefined;
  const dispatch = (request: GatewayRequest, response: GatewayResponse): void => {
    came.push([request, response]);
    onRequest();
  };
  const front = new HttpFront({ dispatch }, { ...RULES, ...rules }, ready);
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    front.accept(socket);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    front.destroy();
  });
  let taken = 0;
  const next = async (): Promise<[GatewayRequest, GatewayResponse]> => {
    const index = taken++;
    while (came[index] === undefined) await new Promise<void>((resolve) => (onRequest = resolve));
    return came[index];
  };
  return { front, sockets, client: () => new RawClient((server.address() as AddressInfo).port), next };
}

/** The beginning of an answer. */
export function begin(response: GatewayResponse, text: string): void {
  response.start(200, []);
  response.write(Buffer.from(text));
}

/** A whole answer. */
export function answer(response: GatewayResponse, text: string, status = 200): void {
  response.start(status, []);
  response.write(Buffer.from(text));
  response.end();
}
