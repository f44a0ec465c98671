import type { BodySink, BodySource } from "@x/client";

import { encodePath } from "../http/encode-path.ts";
import type { ServedRequest } from "../http/served-request.ts";

/** Headers of the connection, not of the message (RFC 9110 §7.6.1), and those that the body's framing was in. */
const HOP_BY_HOP = /^(?:connection|expect|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/**
 * A request as fetch handlers know it. Its URL is made of the path that routes were compared with: no parser reads what a client
 * sent in another way than the gateway did.
 *
 * @param body undefined: there is none
 * @throws TypeError for what a `Request` cannot say: a method or a header value
 */
export function toRequest(served: ServedRequest, body: BodySource | undefined, signal: AbortSignal): Request {
  const { host, rawHeaders, request, scheme } = served;
  const { address = "localhost", port: localPort } = request.local;
  const port = host === undefined ? localPort : host.port;
  const name = host?.name ?? (address.includes(":") ? `[${address}]` : address);
  const query = served.query === "" ? "" : `?${served.query.replace(/[^!-~]/g, escapeByte)}`;
  const url = `${scheme}://${name}${port === undefined ? "" : `:${port}`}${encodePath(served.path)}${query}`;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const field = rawHeaders[at] as string;
    if (!HOP_BY_HOP.test(field)) headers.append(field, rawHeaders[at + 1] as string);
  }
  const { method } = served;
  return body === undefined || method === "GET" || method === "HEAD"
    ? new Request(url, { method, headers, signal })
    : new Request(url, { method, headers, signal, body: bodyStream(body), duplex: "half" });
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The body, which begins to flow when it is first read, and flows no faster than that. */
function bodyStream(source: BodySource): ReadableStream<Uint8Array> {
  let started = false;
  let over = false;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (started) {
          source.resume();
          return;
        }
        started = true;
        source.start({
          write: (chunk) => {
            if (over) return false;
            controller.enqueue(chunk);
            return (controller.desiredSize ?? 0) > 0;
          },
          end: () => {
            if (!over) controller.close();
            over = true;
          },
          error: (error) => {
            if (!over) controller.error(error);
            over = true;
          },
        } satisfies BodySink);
      },
      cancel: () => {
        over = true;
        source.cancel?.();
      },
    },
    { highWaterMark: 0 },
  );
}
