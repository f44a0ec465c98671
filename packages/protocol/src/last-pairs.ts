import type { ParamList } from "./param-list.ts";
import { allocate } from "./slab.ts";

/** Bytes of pairs that are kept. */
const ROOM = 4_096;

/** Bytes are never the same as before: they may have been changed meanwhile. */
const BYTES = Symbol("bytes");

/**
 * The pairs that were written last, as bytes: from one request to the next most of them stay the same, in the same place. What has
 * changed is written anew, and the whole is copied to where it is wanted: its own bytes, since those on their way belong to the
 * transport.
 */
class LastPairs {
  readonly #bytes = allocate(ROOM);
  /** As many of them as were copied last. */
  #used = this.#bytes;
  readonly #names: string[] = [];
  /** {@link BYTES} for those that are no text. */
  readonly #values: unknown[] = [];
  /** The offset after each pair. */
  readonly #ends: number[] = [];
  #count = 0;

  /**
   * Writes all pairs of `list` except those that are encoded already.
   *
   * @returns the offset after the last byte
   * @throws FastCGIError as {@link ParamList.writeTo} does
   */
  write(target: Uint8Array, offset: number, list: ParamList): number {
    const { names, values } = list;
    let known = Math.min(this.#count, names.length);
    // Nothing is known if a pair is refused half-way.
    this.#count = 0;
    let at = 0;
    let index = 0;
    for (; index < names.length; index++) {
      // Lists of different names have little in common behind the first difference.
      if (index < known && names[index] !== this.#names[index]) known = index;
      if (index < known && values[index] === this.#values[index]) {
        at = this.#ends[index]!;
        continue;
      }
      const end = at + list.pairLength(index);
      if (end > ROOM) break;
      if (index < known && end !== this.#ends[index]) known = this.#move(index, known, end);
      list.writePair(this.#bytes, at, index);
      this.#names[index] = names[index]!;
      this.#values[index] = typeof values[index] === "string" ? values[index] : BYTES;
      this.#ends[index] = end;
      at = end;
    }
    if (this.#used.length !== at) this.#used = this.#bytes.subarray(0, at);
    target.set(this.#used, offset);
    this.#count = index;
    for (at += offset; index < names.length; index++) at = list.writePair(target, at, index);
    return at;
  }

  /**
   * The pair at `index` will end at `end`: moves those behind it.
   *
   * @returns how many are known now: those for which there is no room are not
   */
  #move(index: number, known: number, end: number): number {
    const from = this.#ends[index]!;
    const until = this.#ends[known - 1]!;
    if (until + end - from > ROOM) return index + 1;
    this.#bytes.copyWithin(end, from, until);
    for (let behind = index + 1; behind < known; behind++) this.#ends[behind]! += end - from;
    return known;
  }
}

/** One for all: a process sends the same pairs on all of its connections. */
export const lastPairs: LastPairs = new LastPairs();
