// Z7: any bytes in any pieces mean one thing; what is understood can be written in one way only, and means the same again.
import { deepStrictEqual, ok } from "node:assert";
import { validateHeaderName, validateHeaderValue } from "node:http";

import { parseRequests } from "../../test/support/parse-requests.ts";

const STATUSES = [400, 405, 413, 414, 431, 501, 505];

export function fuzz(data: Uint8Array): void {
  const count = (data[0] ?? 0) & 7;
  const text = Buffer.from(data.subarray(1 + count)).toString("latin1");
  let at = 0;
  const cuts = [...data.subarray(1, 1 + count)].map((size) => (at += size)).filter((cut) => cut <= text.length);
  const whole = parseRequests(text);
  deepStrictEqual({ ...parseRequests(text, cuts), consumed: 0 }, { ...whole, consumed: 0 });
  ok(whole.consumed <= text.length);
  ok(whole.refused === undefined || STATUSES.includes(whole.refused), String(whole.refused));
  for (const request of whole.requests) check(request);
}

type Understood = ReturnType<typeof parseRequests>["requests"][number];

function check({ method, target, version, headers, body, complete }: Understood): void {
  ok(/^[A-Z-]+$/.test(method) && /^[!-~]+$/.test(target), `${method} ${target}`);
  let lengths = 0;
  let codings = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const [name, value] = headers.slice(at) as [string, string];
    validateHeaderName(name);
    validateHeaderValue(name, value);
    ok(!/^[ \t]|[ \t]$/.test(value));
    if (name.toLowerCase() === "content-length") lengths += value === "" ? 2 : 1;
    if (name.toLowerCase() === "transfer-encoding") codings += value.toLowerCase() === "chunked" ? 1 : 2;
  }
  ok(lengths + codings <= 1);
  if (!complete) return;
  const lines = headers.flatMap((_name, at) => (at % 2 === 0 ? [`${headers[at]}: ${headers[at + 1]}\r\n`] : []));
  const chunk = body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  const written = `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${codings === 1 ? `${chunk}0\r\n\r\n` : body}`;
  const again = parseRequests(written, [], { headBytes: 8_192, headLines: 20 });
  ok(again.refused === undefined && again.requests.length === 1, written);
  deepStrictEqual([again.requests[0]?.headers, again.requests[0]?.body], [headers, body]);
}
