import { timingSafeEqual } from "node:crypto";

import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

import { endProcess } from "../application/end-process.ts";
import { sendError, sendJson } from "./send.ts";

/** Ends this process, after it has answered. */
export function kill(request: FastCGIRequest, response: FastCGIResponse): void {
  if (request.method !== "POST") sendError(response, 405, "Use POST.", { Allow: "POST" });
  else if (!isSameOrigin(request)) sendError(response, 403, "The request comes from another site.");
  else if (!hasToken(request)) sendError(response, 403, "The header X-Demo-Token must hold the token of /node/status.");
  else sendJson(response, 202, { pid: process.pid }, {}, endProcess);
}

/** A request that a page of this very site made, as far as the browser says anything about it. */
function isSameOrigin({ headers, scheme, host }: FastCGIRequest): boolean {
  const own = `${scheme}://${host}`;
  return (headers["sec-fetch-site"] ?? "same-origin") === "same-origin" && (headers["origin"] ?? own) === own;
}

/** The token that the server's configuration gives to the application, and the application to its own pages only. */
function hasToken({ headers, params }: FastCGIRequest): boolean {
  const token = Buffer.from(params.get("DEMO_TOKEN") ?? "", "latin1");
  const shown = Buffer.from(headers["x-demo-token"] ?? "", "latin1");
  return token.length > 0 && token.length === shown.length && timingSafeEqual(token, shown);
}
