// Z3: any bytes are pairs or a typed error, as a second reader has it; any pairs come out as they went in.
import { deepStrictEqual, strictEqual } from "node:assert";

import { isFastCGIError } from "../../src/errors.ts";
import { decodeNameValues, encodeNameValues } from "../../src/name-values.ts";
import { ParamsCollector } from "../../src/params.ts";
import type { Params } from "../../src/params.ts";
import { cut, latin1, strictPairs, textOf } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

/** The limits under which the bytes are collected. */
const MAX_BYTES = 3_000;
const MAX_PAIRS = 20;
const MAX_PAIR_BYTES = 1_000;

export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  if ((input.byte() & 1) === 0) decode(input.sizes(), input.rest());
  else encode(input);
}

function decode(sizes: readonly number[], bytes: Uint8Array): void {
  const expected = reference(bytes);
  const params = typed(() => decodeNameValues(bytes));
  const collected = typed(() => collect(sizes, bytes));
  if (expected === undefined) {
    strictEqual(params, "FCGI_ERR_BAD_NAME_VALUES");
    strictEqual(typeof collected, "string");
    return;
  }
  compare(params, expected);
  if (isOverLimit(bytes, expected)) strictEqual(collected, "FCGI_ERR_PARAMS_OVERFLOW");
  else compare(collected, expected);
  if (!expected.some(([name, value]) => name.includes("\0") || value.includes("\0"))) {
    deepStrictEqual(strictPairs(encodeNameValues(expected)), expected);
  }
}

function compare(params: Params | string, expected: readonly [string, string][]): void {
  if (typeof params === "string") throw new Error(`refused: ${params}`);
  const last = new Map(expected);
  deepStrictEqual([...params], [...last]);
  strictEqual(params.size, last.size);
  for (const [name, value] of last) strictEqual(textOf(params.getBytes(name) as Uint8Array), value);
}

function encode(input: Input): void {
  const pairs: [string, string | Uint8Array][] = [];
  const lengths = [0, 1, 127, 128, 1_000, 65_535];
  while (!input.empty && pairs.length < 20) {
    const kind = input.byte();
    const letter = String.fromCharCode(1 + (input.byte() % 255));
    const length = (which: number): number => lengths[which % 8] ?? input.byte();
    const name = letter.repeat(length(kind));
    const value = letter.repeat(length(kind >> 3));
    pairs.push([name, (kind & 64) === 0 ? value : latin1(value)]);
  }
  const expected = pairs.map(([name, value]) => [name, typeof value === "string" ? value : textOf(value)]);
  const bytes = encodeNameValues(pairs);
  deepStrictEqual(strictPairs(bytes), expected);
  deepStrictEqual([...decodeNameValues(bytes)], [...new Map(expected as [string, string][])]);
}

function collect(sizes: readonly number[], bytes: Uint8Array): Params {
  const collector = new ParamsCollector(MAX_BYTES, MAX_PAIRS, MAX_PAIR_BYTES);
  for (const chunk of cut(bytes, sizes)) collector.push(chunk, 0, chunk.length);
  return collector.finish();
}

function isOverLimit(bytes: Uint8Array, pairs: readonly [string, string][]): boolean {
  if (bytes.length > MAX_BYTES || pairs.length > MAX_PAIRS) return true;
  let at = 0;
  return pairs.some(([name, value]) => {
    const start = at;
    for (let lengths = 0; lengths < 2; lengths++) at += (bytes[at] as number) > 127 ? 4 : 1;
    at += name.length + value.length;
    return at - start > MAX_PAIR_BYTES;
  });
}

function reference(bytes: Uint8Array): [string, string][] | undefined {
  try {
    return strictPairs(bytes);
  } catch {
    return undefined; // whatever it stumbled over
  }
}

/** The result, or the code of the error. */
function typed<Result>(action: () => Result): Result | string {
  try {
    return action();
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    return error.code;
  }
}
