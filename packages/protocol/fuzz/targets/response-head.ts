// Z6: any bytes in any pieces give one result; what is taken is a head that the encoder and Node's own HTTP can write.
import { deepStrictEqual, ok } from "node:assert";
import { validateHeaderName, validateHeaderValue } from "node:http";

import { encodeResponseHead } from "../../src/cgi/response-encoder.ts";
import type { ResponseHeadDecoderOptions } from "../../src/cgi/response-head.ts";
import { decode } from "../../test/cgi/heads.ts";
import { textOf } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

const CODES = ["FCGI_ERR_BAD_RESPONSE_HEAD", "FCGI_ERR_HEADERS_OVERFLOW"];

/** Not what `trim` takes off: that includes U+00A0, the last byte of "à" in UTF-8. */
const BLANK_AT_AN_END = /^[ \t]|[ \t]$/;

export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const options = input.byte();
  const limits: ResponseHeadDecoderOptions = { statusLine: (options & 1) !== 0 };
  if ((options & 2) !== 0) limits.maxBytes = 1 + input.byte();
  if ((options & 4) !== 0) limits.maxLines = 1 + (input.byte() & 7);
  const sizes = input.sizes();
  const text = textOf(input.rest());
  let at = 0;
  const cuts = sizes.map((size) => (at += size)).filter((cut) => cut <= text.length);
  const whole = decode(text, [], limits);
  deepStrictEqual(decode(text, cuts, limits), whole);
  const { head, code, body = "" } = whole;
  if (head === undefined) {
    ok(CODES.includes(code as string), code);
    return;
  }
  const { statusCode, statusText, rawHeaders, contentLength, location } = head;
  ok(!BLANK_AT_AN_END.test(statusText));
  ok(statusCode >= 200 && statusCode <= 599);
  ok(contentLength === undefined || Number.isSafeInteger(contentLength));
  const lines = text.slice(0, text.length - body.length).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (/^HTTP\/[0-9]/.test(line)) ok(limits.statusLine === true && (index === 0 || lines[index - 1] === ""));
  }
  ok(text.endsWith(body) && /\n\r?\n$/.test(text.slice(0, text.length - body.length)));
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name, value] = rawHeaders.slice(index) as [string, string];
    validateHeaderName(name);
    validateHeaderValue(name, value);
    ok(name.toLowerCase() !== "status" && value !== "" && !BLANK_AT_AN_END.test(value));
  }
  const written = encodeResponseHead(statusCode, statusText, rawHeaders);
  const again = decode(textOf(written) + body, [], {});
  deepStrictEqual([again.head?.rawHeaders, again.head?.statusCode, again.body], [rawHeaders, statusCode, body]);
  deepStrictEqual([again.head?.contentLength, again.head?.location], [contentLength, location]);
}
