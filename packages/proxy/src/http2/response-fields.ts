import type { OutgoingHttpHeaders } from "node:http2";

import { isFieldName, isFieldValue } from "../http1/response-head.ts";

/** Fields about the connection, which HTTP/2 has in another way (RFC 9113 §8.2.2). */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);

/** Fields of a response as HTTP/2 sends them. */
export interface OutgoingFields {
  readonly headers: OutgoingHttpHeaders;
  /** The Content-Length; -1: there is none. */
  readonly length: number;
}

/**
 * @param rawHeaders names and values in turn
 * @throws when a name or a value could be read as something else
 */
export function outgoingFields(status: number, rawHeaders: readonly string[]): OutgoingFields {
  const headers = Object.create(null) as Record<string, string | string[] | number>;
  headers[":status"] = status;
  let length = -1;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    if (!isFieldName(name) || !isFieldValue(value))
      throw new Error(`The field ${JSON.stringify(name)} cannot be sent.`);
    if (OF_CONNECTION.has(name)) continue;
    if (name === "content-length") {
      if (length >= 0 || !/^[0-9]{1,15}$/.test(value)) throw new Error("The Content-Length is not one number.");
      length = Number(value);
    }
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [String(before), value];
  }
  return { headers, length };
}
