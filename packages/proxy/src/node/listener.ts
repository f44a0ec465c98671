import type { IncomingMessage, ServerResponse } from "node:http";

import type { Gateway } from "../gateway.ts";
import { Connection } from "./connection.ts";
import { NodeRequest } from "./request.ts";
import { NodeResponse } from "./response.ts";

/** Takes the `request` events of a `node:http` server, and its `checkContinue` events. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Puts a gateway behind a server of `node:http` or `node:https`.
 *
 * Without a listener for `checkContinue`, Node asks every client with `Expect: 100-continue` for its body before the gateway can
 * refuse it: give the same listener to both events.
 *
 * @example
 * const listener = toNodeListener(gateway);
 * const server = createServer(nodeServerOptions(), listener);
 * server.on("checkContinue", listener).listen(8080, "127.0.0.1");
 */
export function toNodeListener(gateway: Gateway): NodeListener {
  return (message, serverResponse) => {
    const connection = Connection.of(message.socket);
    const request = new NodeRequest(message, connection);
    gateway.dispatch(request, new NodeResponse(serverResponse, request, connection));
  };
}
