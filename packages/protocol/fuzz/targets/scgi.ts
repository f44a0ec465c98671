// SCGI requests: any bytes in any pieces give one result; what is taken, a reader by the letter of the specification takes, too.
import { deepStrictEqual, ok } from "node:assert";

import { isFastCGIError } from "../../src/errors.ts";
import { ScgiRequestEncoder } from "../../src/scgi/request-encoder.ts";
import { Received } from "../../test/scgi/received.ts";
import { strictScgi } from "../../test/vectors/scgi.ts";
import { concat, cut, textOf } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

const LIMITS = { maxParamsBytes: 2_000, maxParams: 20, maxParamBytes: 1_000 };

interface Outcome {
  readonly code: string | undefined;
  readonly headers: [string, string][] | undefined;
  readonly body: string;
  readonly told: readonly string[];
}

export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  if ((input.byte() & 1) === 0) decode(input.sizes(), input.rest());
  else encode(input);
}

function decode(sizes: readonly number[], bytes: Uint8Array): void {
  const whole = receive([bytes]);
  deepStrictEqual(receive(cut(bytes, sizes)), whole);
  if (whole.code !== undefined) return;
  const { headers, body } = strictScgi(bytes);
  deepStrictEqual([whole.headers, whole.body], [headers, body]);
}

function receive(chunks: readonly Uint8Array[]): Outcome {
  const received = new Received(LIMITS);
  let code: string | undefined;
  try {
    received.push(...chunks);
    received.decoder.end();
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    code = error.code;
  }
  const { params, body, told } = received;
  ok(told.length <= 3);
  return { code, headers: params === undefined ? undefined : [...params], body, told };
}

function encode(input: Input): void {
  const params: [string, Uint8Array][] = [];
  for (let count = input.byte() & 7; count > 0; count--) {
    params.push([textOf(input.take(input.byte() & 7)), input.take(input.byte())]);
  }
  const body = input.rest();
  let request: ScgiRequestEncoder;
  try {
    request = new ScgiRequestEncoder(params, body.length);
  } catch (error) {
    if (!isFastCGIError(error, "FCGI_ERR_INVALID_ARGUMENT")) throw error;
    ok(params.some(([name, value]) => name === "" || name.includes("\0") || value.includes(0)));
    return;
  }
  const bytes = concat(request.head, request.body(body));
  request.end();
  const expected = new Map(params.map(([name, value]) => [name, textOf(value)]));
  expected.delete("CONTENT_LENGTH");
  expected.delete("SCGI");
  deepStrictEqual(strictScgi(bytes).headers.slice(2), [...expected]);
}
