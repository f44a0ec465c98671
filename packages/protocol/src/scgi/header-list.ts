import { parseContentLength } from "../cgi/content-length.ts";
import { FastCGIError } from "../errors.ts";
import { ParamList } from "../param-list.ts";
import { Params } from "../params.ts";
import { snippet } from "../snippet.ts";
import { readLatin1 } from "../text.ts";

/** What the netstring of an SCGI request holds. */
export interface ScgiHeaders {
  readonly params: Params;
  readonly contentLength: number;
}

/**
 * Reads the headers of an SCGI request: `name NUL value NUL`, any number of times, CONTENT_LENGTH first,
 * `SCGI` = `1` among them, no name twice.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES`, or `FCGI_ERR_PARAMS_OVERFLOW` over one of the limits
 */
export function readScgiHeaders(bytes: Uint8Array, maxParams: number, maxParamBytes: number): ScgiHeaders {
  if (bytes.length > 0 && bytes[bytes.length - 1] !== 0) throw badHeaders("do not end in NUL");
  const list = new ParamList();
  const names = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = bytes.indexOf(0, at);
    const valueEnd = bytes.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) throw badHeaders("end after a name");
    const name = readLatin1(bytes, at, nameEnd);
    if (name === "") throw badHeaders("have an empty name");
    if (names.has(name)) throw badHeaders(`have ${snippet(name)} twice`);
    names.add(name);
    if (names.size > maxParams) throw paramsOverflow(`more than ${maxParams} params`);
    if (valueEnd + 1 - at > maxParamBytes) throw paramsOverflow(`a param of more than ${maxParamBytes} bytes`);
    list.add(name, bytes.subarray(nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  if (list.names[0] !== "CONTENT_LENGTH") throw badHeaders("do not begin with CONTENT_LENGTH");
  const announced = latin1(list.values[0]);
  const contentLength = parseContentLength(announced);
  if (contentLength === undefined) {
    throw badHeaders(`have a CONTENT_LENGTH that is no number of bytes: ${snippet(announced)}`);
  }
  const version = latin1(list.values[list.names.indexOf("SCGI")]);
  if (version !== "1") throw badHeaders('lack "SCGI" with the value "1"');

  // In the wire form of FastCGI, which is what Params reads; no view of `bytes` is kept.
  const pairs = new Uint8Array(list.byteLength);
  list.writeTo(pairs, 0);
  return { params: new Params(pairs), contentLength };
}

/** A header list, or its netstring, over one of the limits. */
export function paramsOverflow(what: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_PARAMS_OVERFLOW", `The SCGI request has ${what}.`, { phase: "protocol" });
}

function latin1(value: string | Uint8Array | undefined): string {
  return value instanceof Uint8Array ? readLatin1(value, 0, value.length) : "";
}

function badHeaders(what: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_BAD_NAME_VALUES", `The headers of the SCGI request ${what}.`, {
    phase: "protocol",
  });
}
