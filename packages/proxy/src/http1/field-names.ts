import { ownText } from "../own-text.ts";

/**
 * The same few dozen names come with each request. A small direct-mapped table gives back the string made last time, of which everything
 * that looks names up knows the hash already; it is bounded, and a stranger who sends ten thousand different names only misses.
 */
const SLOTS = 512;
const LONGEST = 64;
const table: (string | undefined)[] = Array.from({ length: SLOTS });

/** A part of a head as a name, from the table when it was seen lately. */
export function fieldName(head: string, start: number, end: number): string {
  const length = end - start;
  if (length < 2 || length > LONGEST) return head.slice(start, end);
  // Chosen so that no two of the seventy names that browsers and proxies commonly send share a slot, in either spelling.
  const quarter = head.charCodeAt(start + (length >> 2));
  const middle = head.charCodeAt(start + (length >> 1));
  const slot = (length * 11 + quarter * 5 + middle * 13 + head.charCodeAt(end - 2) * 67) & (SLOTS - 1);
  const known = table[slot];
  if (known !== undefined && known.length === length && head.startsWith(known, start)) return known;
  // A copy: a part of a head would keep all of that.
  return (table[slot] = ownText(head.slice(start, end)));
}
