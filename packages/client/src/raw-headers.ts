import { FastCGIError } from "@x/protocol/errors";

import type { HeadersInput } from "./request-description.ts";

/**
 * Headers in any form as names and values in turn; a list of its own.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a name that HTTP does not have
 */
export function toRawHeaders(input: HeadersInput | undefined): string[] {
  const raw: string[] = [];
  if (input === undefined) return raw;
  if (isIterable(input)) {
    for (const entry of input) {
      if (typeof entry === "string") raw.push(entry);
      else raw.push(entry[0], entry[1]);
    }
    if (raw.length % 2 !== 0)
      throw invalid("Raw headers are names and values in turn, and the last name has no value.");
  } else {
    for (const [name, value] of Object.entries(input)) {
      for (const one of typeof value === "string" ? [value] : (value ?? [])) raw.push(name, one);
    }
  }
  for (let at = 0; at < raw.length; at += 2) checkField(raw[at]!, raw[at + 1]);
  return raw;
}

/** The first value of a field; `name` in lower case. */
export function fieldOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
}

function checkField(name: string, value: unknown): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw invalid(`${JSON.stringify(name)} is no name of a header.`);
  if (typeof value !== "string") throw invalid(`The value of the header ${name} is no string.`);
}

function isIterable(input: HeadersInput): input is Iterable<readonly [string, string]> | readonly string[] {
  return Symbol.iterator in input;
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
}
