import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  body: Buffer;
}

export interface Send {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer | readonly (string | Buffer)[];
}

/** One HTTP request on a connection of its own; `path` goes out as it is. An array as body goes out chunked. */
export async function send(
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Send = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const outgoing = request({ hostname, port, path, method, headers, agent: false });
  // Who is answered before all of the body has left may find the connection closed: the answer counts.
  outgoing.on("error", () => {});
  if (typeof body === "string" || Buffer.isBuffer(body)) {
    outgoing.setHeader("content-length", Buffer.byteLength(body));
    outgoing.end(body);
  } else {
    for (const part of body ?? []) outgoing.write(part);
    outgoing.end();
  }
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(parts),
  };
}
