import type { ParamList } from "./param-list.ts";
import { allocate } from "./slab.ts";

/** Bytes of pairs that are kept. */
const ROOM = 4_096;

/** Below this length a loop is faster than the call of `set`. */
const SHORT = 40;

/** Bytes are never the same as before: they may have been changed meanwhile. */
const BYTES = Symbol("bytes");

/**
 * The pairs that were written last, and their bytes: from one request to the next most of them stay the same, in the same
 * place, and then need neither be checked nor written letter by letter again. Its own copy of the bytes, since those on
 * their way belong to the transport.
 */
class LastPairs {
  readonly #bytes = allocate(ROOM);
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
    const known = Math.min(this.#count, names.length);
    const complete = names.length <= this.#count;
    // Nothing is known if a pair is refused half-way.
    this.#count = 0;
    let at = offset;
    let same = 0;
    let firstChanged = known;
    for (let index = 0; index < known; index++) {
      if (names[index] === this.#names[index] && values[index] === this.#values[index]) continue;
      at = list.writePair(target, this.#copy(same, index, target, at), index);
      same = index + 1;
      if (firstChanged === known) firstChanged = index;
    }
    at = this.#copy(same, known, target, at);
    for (let index = known; index < names.length; index++) at = list.writePair(target, at, index);
    if (firstChanged < known || !complete) this.#keep(target, offset, list, firstChanged);
    else this.#count = known;
    return at;
  }

  /** Writes the pairs `from` to `until`, which are known. */
  #copy(from: number, until: number, target: Uint8Array, at: number): number {
    if (from >= until) return at;
    const bytes = this.#bytes;
    const start = from === 0 ? 0 : this.#ends[from - 1]!;
    const length = this.#ends[until - 1]! - start;
    if (length < SHORT) for (let index = 0; index < length; index++) target[at + index] = bytes[start + index]!;
    else target.set(bytes.subarray(start, start + length), at);
    return at + length;
  }

  /** Keeps what was written from `offset` on, as many pairs as there is room for; those before `first` are kept already. */
  #keep(target: Uint8Array, offset: number, list: ParamList, first: number): void {
    const { names, values } = list;
    const start = first === 0 ? 0 : this.#ends[first - 1]!;
    let end = start;
    let count = first;
    while (count < names.length) {
      const until = end + list.pairLength(count);
      if (until > ROOM) break;
      const value = values[count];
      this.#names[count] = names[count]!;
      this.#values[count] = typeof value === "string" ? value : BYTES;
      this.#ends[count] = until;
      end = until;
      count++;
    }
    this.#bytes.set(target.subarray(offset + start, offset + end), start);
    this.#count = count;
  }
}

/** One for all: a process sends the same pairs on all of its connections. */
export const lastPairs: LastPairs = new LastPairs();
