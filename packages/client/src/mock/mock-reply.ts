import { encodeResponseHead } from "@x/protocol/cgi";

import { toRawHeaders } from "../raw-headers.ts";
import type { HeadersInput } from "../request-description.ts";
import type { MockCall } from "./mock-call.ts";

/** A response body: text (UTF-8), bytes, chunks as they come, or any other object, which is sent as JSON. */
export type MockBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | object | null;

/** A response. */
export interface MockReply {
  /** The status code. */
  statusCode: number;
  /** The body. */
  body?: MockBody | undefined;
  /** Without Content-Type it is application/json for an object, else text/plain. */
  headers?: HeadersInput | undefined;
}

/** Makes a response of a request. */
export type MockReplyCallback = (call: MockCall) => MockReply | Promise<MockReply>;

/** What goes out on FCGI_STDOUT for a response, piece by piece. */
export async function* stdoutOf(reply: MockReply): AsyncGenerator<Uint8Array, void, void> {
  const { statusCode, body = null } = reply;
  const rawHeaders = toRawHeaders(reply.headers);
  const json = isJson(body);
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (!names.includes("content-type")) {
    rawHeaders.unshift("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
  }
  yield encodeResponseHead(statusCode, "", rawHeaders);
  if (body === null) return;
  if (typeof body === "string") yield Buffer.from(body);
  else if (body instanceof Uint8Array) yield body;
  else if (json) yield Buffer.from(JSON.stringify(body));
  else
    for await (const chunk of body as AsyncIterable<string | Uint8Array>)
      yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

function isJson(body: MockBody): boolean {
  return typeof body === "object" && body !== null && !(body instanceof Uint8Array) && !(Symbol.asyncIterator in body);
}
