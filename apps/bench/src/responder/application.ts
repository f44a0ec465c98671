// One application in the shape that argv names, listening on the UNIX socket that argv names: 1 KiB of text for every request; the
// shapes raw, node and node:http answer /large with 1 GiB.
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";

import { getRequestListener } from "@hono/node-server";
import { serve } from "@x/responder";
import { createServer } from "@x/responder/node";
import { FastResponse as SrvxResponse, toNodeHandler } from "srvx/node";

const [shape = "", socket = ""] = process.argv.slice(2);
const BODY = "x".repeat(1_024);
const PIECE = Buffer.alloc(65_536, "0123456789abcdef");
const HEADERS = { "content-type": "text/plain", "content-length": "1024" };

// Each as it is fastest by its README: @hono/node-server replaces the global Response by default, the others when asked.

/** Looks at the request as little as an application does: where to, and one header. */
function listener(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === "" || request.headers.host === "") throw new Error("no URL");
  if (request.url === "/large") return sendLarge(response);
  response.writeHead(200, HEADERS).end(BODY);
}

function sendLarge(response: Pick<NodeJS.WritableStream, "write" | "end" | "once">): void {
  let left = 2 ** 30 / PIECE.length;
  const send = (): void => {
    while (left > 0) {
      left--;
      if (!response.write(PIECE)) return void response.once("drain", send);
    }
    response.end();
  };
  send();
}

function fetch(request: Request): Response {
  if (request.url === "" || request.headers.get("host") === "") throw new Error("no URL");
  return new Response(BODY, { headers: HEADERS });
}

const shapes: Readonly<Record<string, () => unknown>> = {
  "node:http": () => createHttpServer({ keepAliveTimeout: 60_000 }, listener).listen(socket),
  "@hono/node-server": () =>
    createHttpServer({ keepAliveTimeout: 60_000 }, handled(getRequestListener(fetch))).listen(socket),
  srvx: () => {
    globalThis.Response = SrvxResponse as unknown as typeof Response;
    return createHttpServer({ keepAliveTimeout: 60_000 }, handled(toNodeHandler(fetch) as typeof listener)).listen(
      socket,
    );
  },
  "node-fastcgi": () => {
    const { createServer: create } = createRequire(import.meta.url)("node-fastcgi") as {
      createServer(listener: (request: IncomingMessage, response: ServerResponse) => void): {
        listen(path: string): unknown;
      };
    };
    return create(listener).listen(socket);
  },
  raw: () =>
    serve({
      listen: `unix:${socket}`,
      handler(request, response) {
        if (request.url === "" || request.headers["host"] === "") throw new Error("no URL");
        if (request.url === "/large") return sendLarge(response);
        response.writeHead(200, HEADERS);
        response.end(BODY);
        return undefined;
      },
    }),
  fetch: () => serve({ listen: `unix:${socket}`, fetch, lean: true }),
  "fetch, not lean": () => serve({ listen: `unix:${socket}`, fetch }),
  node: () => createServer(listener).listen(`unix:${socket}`),
};

function handled(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => void handler(request, response);
}

const start = shapes[shape];
if (start === undefined) throw new Error(`no such shape: ${shape}`);
start();
