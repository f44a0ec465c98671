import { FastCGIError } from "@x/protocol/errors";

/**
 * Headers as an application writes them: an object (an array makes the header repeat, undefined
 * leaves it out), pairs (`Headers`, `Map`), or Node's flat list of names and values in turn.
 */
export type HeadersInput =
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>
  | readonly string[];

/** Fields about the connection to the browser, which is the web server's (RFC 3875 §6.3.4). */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Headers as a flat list, order and duplicates kept, without those that belong to the web server's connection.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a flat list that ends with a name
 */
export function toRawHeaders(headers: HeadersInput): string[] {
  const raw: string[] = [];
  if (isFlatList(headers)) {
    if (headers.length % 2 !== 0) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "The last header has a name but no value.");
    }
    for (let at = 0; at < headers.length; at += 2) add(raw, headers[at]!, headers[at + 1]);
  } else if (Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<readonly [string, string]>) add(raw, name, value);
  } else {
    for (const name in headers) {
      const value = headers[name];
      if (typeof value === "object") for (const one of value) add(raw, name, one);
      else add(raw, name, value);
    }
  }
  return raw;
}

function isFlatList(headers: HeadersInput): headers is readonly string[] {
  return Array.isArray(headers) && typeof headers[0] === "string";
}

function add(raw: string[], name: string, value: string | number | undefined): void {
  if (value === undefined || CONNECTION_FIELDS.has(name.toLowerCase())) return;
  raw.push(name, String(value));
}
