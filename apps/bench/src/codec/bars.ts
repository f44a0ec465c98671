import type { Bar } from "../bar.ts";
import { requestHeadWriter } from "./request-heads.ts";
import type { Measured } from "./rounds.ts";
import type { Doors } from "./suite.ts";

/** What was measured, by the titles of the suites. */
export type Results = ReadonlyMap<string, readonly Measured[]>;

/** Heads that are written to see of how many buffers they are. */
const HEADS = 1_000;

/** Less than this much heap a record is none: the smallest object has twelve bytes. */
const NOTHING = 0.1;

/** The verdicts, in the order in which issue and RESULTS.md list them. */
export function judge(results: Results, protocol: Doors["protocol"]): Bar[] {
  const find = (title: string, name: string): Measured => {
    const found = results.get(title)?.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`${name} was not measured in ${title}.`);
    return found;
  };
  const decoder = (size: string): Measured => find(`decode ${size}`, "RecordDecoder");
  const sizes = ["100 B", "8 KiB", "64 KiB"];
  const heap = Math.max(...sizes.map((size) => decoder(size).heapBytes));
  const iterator = find("decode 100 B", "records()").nanoseconds;
  const faster = decoder("100 B").speed / find("decode 100 B", "fastcgi-stream").speed;
  const preEncoded = find("encode 25 params", "ParamList, 12 of them pre-encoded").speed;
  const eachWritten = find("encode 25 params", 'one write(…, "latin1") per name and value').speed;
  return [
    atLeast("decoding 100 B records, of the floor's speed", decoder("100 B").speed, 0.45),
    atLeast("decoding 8 KiB records, of the floor's speed", decoder("8 KiB").speed, 0.4),
    bar("heap that decoding allocates a record, any size", "0 B", `${Math.max(0, heap).toFixed(1)} B`, heap < NOTHING),
    bar("records(), 100 B each", "≤ 200 ns", `${iterator.toFixed(0)} ns`, iterator <= 200),
    bar("decoding 100 B records, times fastcgi-stream", "≥ 400", faster.toFixed(0), faster >= 400),
    atMost(
      '25 params, 12 of them pre-encoded, of one write(…, "latin1") per name and value',
      eachWritten / preEncoded,
      0.6,
    ),
    requestHead(protocol),
  ];
}

/** A whole request head is one buffer, cut from at most one allocation. */
function requestHead(protocol: Doors["protocol"]): Bar {
  const write = requestHeadWriter(protocol);
  const buffers = new Set<ArrayBufferLike>();
  let most = 0;
  for (let head = 0; head < HEADS; head++) {
    const pieces = write(head);
    most = Math.max(most, pieces.length);
    for (const { buffer } of pieces) buffers.add(buffer);
  }
  const measured = `${most}; ${buffers.size} for ${HEADS} heads`;
  return bar("buffers of a request head; allocations", "1; ≤ 1 a head", measured, most === 1 && buffers.size <= HEADS);
}

function atLeast(what: string, ratio: number, limit: number): Bar {
  return bar(what, `≥ ${percent(limit)}`, percent(ratio), ratio >= limit);
}

function atMost(what: string, ratio: number, limit: number): Bar {
  return bar(what, `≤ ${percent(limit)}`, percent(ratio), ratio <= limit);
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}

function bar(what: string, wanted: string, measured: string, holds: boolean): Bar {
  return { what, wanted, measured, holds };
}
