import { equalsLatin1, readLatin1 } from "./text.ts";

/**
 * The same few dozen names come with each request. A small direct-mapped table gives back the string
 * made last time; it is bounded, and a stranger who sends ten thousand different names only misses.
 */
const SLOTS = 1_024;
const LONGEST = 64;
const table: (string | undefined)[] = Array.from({ length: SLOTS });

/** The bytes `start` to `end` as a latin-1 string, from the table when they were seen lately. */
export function internName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length === 1 || length > LONGEST) return readLatin1(bytes, start, end);
  // Chosen so that no two of the sixty names that web servers and browsers commonly send share a slot.
  const quarter = bytes[start + (length >> 2)]!;
  const middle = bytes[start + (length >> 1)]!;
  const slot = (length * 7 + quarter * 5 + middle * 19 + bytes[end - 2]! * 83) & (SLOTS - 1);
  const known = table[slot];
  if (known !== undefined && known.length === length && equalsLatin1(bytes, start, known)) return known;
  return (table[slot] = readLatin1(bytes, start, end));
}
