import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import connect from "connect";

/** Connect: middleware and nothing else. */
export function connectApplication(): connect.Server {
  const app = connect();
  app.use("/hello", (request: IncomingMessage, response: ServerResponse) => {
    response
      .setHeader("Content-Type", "application/json")
      .end(JSON.stringify({ url: request.url, method: request.method }));
  });
  app.use("/echo", (request: IncomingMessage, response: ServerResponse) => {
    void text(request).then((body) => response.writeHead(isJSON(body) ? 200 : 400).end(body));
  });
  app.use("/old", (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(302, { Location: "/new" }).end();
  });
  app.use("/stream", (_request: IncomingMessage, response: ServerResponse) => {
    Readable.from(["one ", "two ", "three"]).pipe(response);
  });
  app.use("/empty", (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(204).end());
  app.use("/boom", () => {
    throw Object.assign(new Error("boom"), { status: 503, stack: "boom" });
  });
  return app;
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
