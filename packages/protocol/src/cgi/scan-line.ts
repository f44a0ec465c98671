import { readLatin1 } from "../text.ts";
import { FIELD_BYTES, IN_NAME, IN_VALUE } from "./field-syntax.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** What {@link scanLine} says of a line whose end has not come. */
const INCOMPLETE = -1;
/** What {@link scanLine} says of a line that is neither a field nor empty; its end may not have come either. */
export const BAD = -2;
/** `a:` and LF; whatever is shorter is the empty line. */
export const SHORTEST_FIELD = 3;

/** Where fields lie in a chunk: for each one name start, name end, value start, value end. */
export interface FieldMarks {
  readonly offsets: number[];
  /** How many of the offsets are in use. */
  count: number;
}

/**
 * Looks at one line of a head where it lies (RFC 3875 §6.3, §7.2: it ends in LF or CR LF), and marks its
 * field, unless the value is empty.
 *
 * @returns the index after its LF, {@link INCOMPLETE}, or {@link BAD}
 */
export function scanLine(chunk: Uint8Array, line: number, end: number, marks: FieldMarks): number {
  let at = line;
  while (at < end && ((FIELD_BYTES[chunk[at] as number] as number) & IN_NAME) !== 0) at++;
  if (at === end) return INCOMPLETE;
  const nameEnd = at;
  if (nameEnd === line) {
    if (chunk[at] === CR && ++at === end) return INCOMPLETE;
    return chunk[at] === LF ? at + 1 : BAD;
  }
  if (chunk[at] !== COLON) return BAD;
  do at++;
  while (at < end && isBlank(chunk[at] as number));
  const valueStart = at;
  while (at < end && ((FIELD_BYTES[chunk[at] as number] as number) & IN_VALUE) !== 0) at++;
  let valueEnd = at;
  if (at < end && chunk[at] === CR) at++;
  if (at === end) return INCOMPLETE;
  if (chunk[at] !== LF) return BAD;
  while (valueEnd > valueStart && isBlank(chunk[valueEnd - 1] as number)) valueEnd--;
  if (valueEnd > valueStart) {
    const { offsets, count } = marks;
    offsets[count] = line;
    offsets[count + 1] = nameEnd;
    offsets[count + 2] = valueStart;
    offsets[count + 3] = valueEnd;
    marks.count = count + 4;
  }
  return at + 1;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** The index of the next LF, or -1; the slab around the range may be large and hold other bytes. */
export function indexOfLineFeed(chunk: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (chunk[at] === LF) return at;
  return -1;
}

/** The line without the LF at `lineFeed`, and without a CR before that. */
export function lineText(chunk: Uint8Array, start: number, lineFeed: number): string {
  return readLatin1(chunk, start, lineFeed > start && chunk[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed);
}
