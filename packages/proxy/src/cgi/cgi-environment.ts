import { isUtf8 } from "node:buffer";

import type { ParamList } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

/** What any program needs to run; the rest of ours may be a secret. */
const INHERITED = ["PATH", "LANG", "TZ"] as const;

/** Where programs are looked for when we have no PATH ourselves. */
const PATH = "/usr/local/bin:/usr/bin:/bin";

/** What a program gets whatever the request is: an allow list, never a copy of ours. */
export function baseEnvironment(
  ours: Readonly<Record<string, string | undefined>>,
  given: ReadonlyMap<string, string | true>,
): ReadonlyMap<string, string> {
  const base = new Map([["PATH", PATH]]);
  for (const name of INHERITED) if (ours[name] !== undefined) base.set(name, ours[name]);
  for (const [name, value] of given) {
    const text = value === true ? ours[name] : value;
    if (text !== undefined) base.set(name, text);
  }
  return base;
}

/**
 * The environment of one run: the base, and the meta-variables over it.
 *
 * Node takes an environment as text and makes UTF-8 of it, so that only bytes which are UTF-8 arrive as they are. A header of other
 * bytes is left out; anything else of that kind is refused, since no byte may become another one.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a variable that cannot be given as it is
 */
export function runEnvironment(base: ReadonlyMap<string, string>, params: ParamList): Record<string, string> {
  const environment = Object.create(null) as Record<string, string>;
  for (const [name, value] of base) environment[name] = value;
  for (const [at, name] of params.names.entries()) {
    const value = params.values[at] as string;
    const text = bytesToText(value);
    if (text !== undefined) environment[name] = text;
    else if (!name.startsWith("HTTP_")) {
      throw new FastCGIError(
        "FCGI_ERR_INVALID_ARGUMENT",
        `The variable ${name} has bytes that are no UTF-8: a program cannot be given them. Serve it over FastCGI.`,
        { phase: "request" },
      );
    }
  }
  return environment;
}

/** Latin-1 that stands for bytes as the text that has these bytes; undefined when there is none. */
export function bytesToText(bytes: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- all of ASCII but NUL
  if (/^[\x01-\x7f]*$/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, "latin1");
  return isUtf8(buffer) && !buffer.includes(0) ? buffer.toString("utf8") : undefined;
}
