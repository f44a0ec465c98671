import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

import type { Served } from "../application/served.ts";
import { sendClock } from "./clock.ts";
import { kill } from "./kill.ts";
import { sendLines } from "./lines.ts";
import { sendPage } from "./page.ts";
import { sendError, sendJson } from "./send.ts";
import { status } from "./status.ts";

/** Answers one request: `/node/` and what lies below it. */
export function answer(request: FastCGIRequest, response: FastCGIResponse, served: Served): void {
  const [path] = request.url.split("?", 1);
  if (path === "/node/kill") {
    kill(request, response);
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    sendError(response, 405, "Use GET.", { Allow: "GET, HEAD" });
    return;
  }
  switch (path) {
    case "/node/":
      sendPage(request, response);
      return;
    case "/node/status":
      sendJson(response, 200, status(request, served));
      return;
    case "/node/clock":
      sendClock(request, response);
      return;
    case "/node/lines":
      sendLines(request, response);
      return;
    default:
      sendError(response, 404, "The Node application has no such page.");
  }
}
