import { writeLatin1 } from "./text.ts";

/**
 * The same few dozen names are sent with each request, so their bytes are kept, as a pair begins with them: the
 * length of the name, a place for the length of the value, the name (FastCGI 1.0 §3.4). Bounded: a stranger who
 * makes up ten thousand names only has the table begun anew.
 */
const HEADS = 1_024;
const LONGEST_NAME = 64;
const table = new Map<string, Uint8Array>();

/** Where in a pair's head the length of the value belongs. */
export const VALUE_LENGTH_AT = 1;

/** The head of pairs with this name, if one is kept. */
export function pairHead(name: string): Uint8Array | undefined {
  return table.get(name);
}

/** Keeps the head of pairs with this name, which has been found fit to be sent, unless it is too long for that. */
export function keepPairHead(name: string): void {
  if (name.length > LONGEST_NAME) return;
  const head = new Uint8Array(2 + name.length);
  head[0] = name.length;
  writeLatin1(head, 2, name);
  if (table.size === HEADS) table.clear();
  table.set(name, head);
}
