import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";

import type { Pool } from "@x/client";

/** What a client asks for. */
export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An array goes without Content-Length. */
  readonly body?: string | readonly string[];
}

/** A whole answer, without what belongs to the connection. */
export interface Reply {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

const HOST = "example.org";

/** What a web server would say about the browser, so that both sides see the same one. */
const PEER = { REMOTE_ADDR: "127.0.0.1", REMOTE_PORT: "40000", SERVER_ADDR: "127.0.0.1", SERVER_PORT: "80" };

/** Fields that node:http makes for its own connection, or that a web server would. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "date",
  "keep-alive",
  "trailer",
  "transfer-encoding",
]);

/** Asks an HTTP server; undefined when no whole answer came. */
export async function askHttp(port: number, question: Question, signal: AbortSignal): Promise<Reply | undefined> {
  const { method = "GET", path = "/", headers = {}, body } = question;
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port,
    method,
    path,
    agent: false,
    headers: { host: HOST, ...headers },
  });
  signal.addEventListener("abort", () => outgoing.destroy());
  outgoing.on("error", () => {}); // also after the answer
  if (typeof body === "string") outgoing.setHeader("content-length", Buffer.byteLength(body));
  for (const part of typeof body === "string" ? [body] : (body ?? [])) outgoing.write(part);
  outgoing.end();
  try {
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
    return toReply(incoming.statusCode ?? 0, incoming.rawHeaders, Buffer.concat(parts));
  } catch {
    return undefined;
  }
}

/** Asks a FastCGI application as a web server would. */
export async function askFastCGI(pool: Pool, question: Question, signal: AbortSignal): Promise<Reply | undefined> {
  const { method = "GET", path = "/", headers = {}, body } = question;
  const params: Record<string, string> = { ...PEER, REQUEST_METHOD: method, REQUEST_URI: path, HTTP_HOST: HOST };
  for (const [name, value] of Object.entries(headers)) {
    const param = name.toUpperCase().replaceAll("-", "_");
    params[param === "CONTENT_TYPE" ? param : `HTTP_${param}`] = value;
  }
  if (typeof body === "string") params["CONTENT_LENGTH"] = String(Buffer.byteLength(body));
  else if (body === undefined) params["CONTENT_LENGTH"] = "";
  const stdin = typeof body === "string" ? body : body?.map((part) => Buffer.from(part));
  try {
    const response = await pool.request({ params, signal, ...(stdin === undefined ? {} : { stdin }) });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    return toReply(response.statusCode, response.rawHeaders, bytes);
  } catch {
    return undefined;
  }
}

function toReply(status: number, rawHeaders: readonly string[], body: Buffer): Reply {
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!CONNECTION_FIELDS.has(rawHeaders[at]!.toLowerCase())) headers.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return { status, headers, body: body.toString("latin1") };
}
