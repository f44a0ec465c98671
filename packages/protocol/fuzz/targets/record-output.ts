// Z2: whatever is written is strict records (PHP's rules), and reads back as what was written, in order.
import { deepStrictEqual, strictEqual } from "node:assert";

import { isFastCGIError } from "../../src/errors.ts";
import { ParamList } from "../../src/param-list.ts";
import { RecordOutput } from "../../src/record-output.ts";
import { begin, concat, end, pattern, strictPairs, strictRecords, textOf } from "../../test/vectors/wire.ts";
import type { WireRecord } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

/** What must be found: the content of neighbouring records of one stream joined, since cuts carry no meaning. */
type Expected = [type: number, id: number, content: string];

/** One run: what was written, and what must come of it. */
interface Run {
  readonly input: Input;
  readonly output: RecordOutput;
  readonly expected: Expected[];
  readonly pieces: Uint8Array[];
  /** May a pair straddle records? */
  split: boolean;
}

export function fuzz(data: Uint8Array): void {
  const run: Run = {
    input: new Input(data),
    output: new RecordOutput(() => {}),
    expected: [],
    pieces: [],
    split: false,
  };
  for (let operations = 0; !run.input.empty && operations < 40; operations++) write(run);
  run.pieces.push(...run.output.take());
  strictEqual(run.output.pendingBytes, 0);
  const records = strictRecords(concat(...run.pieces));
  for (const { type, content } of records) if (type === 4 && !run.split) strictPairs(content);
  deepStrictEqual(joined(records), run.expected);
}

function write(run: Run): void {
  const { input, output, expected, pieces } = run;
  const operation = input.byte();
  const id = 1 + (input.byte() & 3);
  switch (operation % 9) {
    case 0: {
      const [role, keepConn] = [input.byte(), (operation & 64) !== 0];
      output.beginRequest(id, role, keepConn);
      expected.push([1, id, bodyOf(begin(id, role, keepConn ? 1 : 0))]);
      return;
    }
    case 1: {
      const [appStatus, protocolStatus] = [input.short() * 65_537, input.byte()];
      output.endRequest(id, appStatus, protocolStatus);
      expected.push([3, id, bodyOf(end(id, appStatus, protocolStatus))]);
      return;
    }
    case 2:
      output.abortRequest(id);
      expected.push([2, id, ""]);
      return;
    case 3: {
      const type = input.byte();
      output.unknownType(type);
      expected.push([11, 0, `${String.fromCharCode(type)}\0\0\0\0\0\0\0`]);
      return;
    }
    case 4:
      pieces.push(...output.take());
      return;
    case 5: {
      const type = 5 + (input.byte() & 3);
      output.endStream(type, id);
      expected.push([type, id, ""]);
      return;
    }
    case 6: {
      const names = [...input.take(3)].map((byte) => `N${byte}`);
      output.getValues(names);
      expected.push([9, 0, names.map((name) => `${name}=;`).join("")]);
      return;
    }
    case 7:
      return writeStream(run, id);
    default:
      return writeParams(run, id);
  }
}

function bodyOf(record: Uint8Array): string {
  return textOf(record.subarray(8));
}

/** Mostly small, since large content costs time; the others about the limits of a record, and of what is copied. */
function size(input: Input): number {
  const byte = input.byte();
  return byte < 224 ? byte : (SIZES[byte - 224] ?? input.short());
}

const SIZES = [
  4_087, 4_095, 4_096, 65_519, 65_522, 65_523, 65_527, 65_528, 65_529, 65_535, 65_536, 131_056, 131_057, 200_000,
];
const CONTENT = pattern(200_000);

function writeStream({ input, output, expected }: Run, id: number): void {
  const type = 5 + (input.byte() & 3);
  const chunk = CONTENT.subarray(0, size(input));
  const start = Math.min(input.byte(), chunk.length);
  const end = Math.max(start, chunk.length - input.byte());
  output.stream(type, id, chunk, start, end);
  if (start < end) append(expected, type, id, textOf(chunk.subarray(start, end)));
}

function writeParams(run: Run, id: number): void {
  const { input, output, expected } = run;
  const list = new ParamList();
  const count = input.byte() & 7;
  for (let index = 0; index < count; index++) {
    const name = `N${index}`;
    const length = size(input);
    const fill = input.byte();
    // 1 stands for a NUL at the end, which refuses the list when most of it has been written: rubbish for the next record.
    const text = String.fromCharCode(fill).repeat(length) + (fill === 1 ? "\0" : "");
    list.add(name, fill & 1 ? text : new Uint8Array(length).fill(fill));
  }
  const split = (input.byte() & 1) === 1;
  const before = output.pendingBytes;
  try {
    output.params(id, list, split ? "split" : "error");
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    strictEqual(output.pendingBytes, before); // nothing of a refused list goes out
    return;
  }
  run.split ||= split;
  const pairs = list.names
    .map((name, index) => `${name}=${sample(list.values[index] as string | Uint8Array)};`)
    .join("");
  if (count > 0) append(expected, 4, id, pairs);
  expected.push([4, id, ""]);
}

function append(expected: Expected[], type: number, id: number, content: string): void {
  const last = expected.at(-1);
  if (last !== undefined && last[0] === type && last[1] === id && last[2] !== "") last[2] += content;
  else expected.push([type, id, content]);
}

/** Records of one stream that follow each other, joined; the content in the words of {@link write}. */
function joined(records: readonly WireRecord[]): Expected[] {
  const streams: { type: number; id: number; contents: Uint8Array[] }[] = [];
  for (const { type, id, content } of records) {
    const last = streams.at(-1);
    const continues = type >= 4 && type <= 8 && content.length > 0 && last?.type === type && last.id === id;
    if (continues && (last.contents[0] as Uint8Array).length > 0) last.contents.push(content);
    else streams.push({ type, id, contents: [content] });
  }
  return streams.map(({ type, id, contents }) => [type, id, spelled(type, concat(...contents))]);
}

function spelled(type: number, content: Uint8Array): string {
  if (type === 4 || type === 9)
    return strictPairs(content)
      .map(([name, value]) => `${name}=${sample(value)};`)
      .join("");
  return textOf(content);
}

/** A value by its length and its ends: they are too long to compare each. */
function sample(value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : textOf(value);
  return text.length < 20 ? text : `${text.length}:${text.slice(0, 4)}${text.slice(-4)}`;
}
