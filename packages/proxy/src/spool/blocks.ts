import { free } from "./discard.ts";

/** Bytes of a block: the content of one full FastCGI record (FastCGI 1.0 §3.3), so that a block of a request body leaves as one. */
export const BLOCK_SIZE = 65_528;

/** Bytes of a small one, for what comes in small pieces or is held for long. */
export const SMALL_BLOCK_SIZE = 16_384;

/** Free bytes of each size that are kept for the next user; more go back at once. */
const FREE_KEPT = 4 * 1_024 * 1_024;

/**
 * Buffers on the way into spool files and out of them, used again and again: a gigabyte that passes through must not become a gigabyte
 * of garbage, of which the collector lets 64 MB pile up.
 */
export class Blocks {
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  readonly #poison: boolean;

  /** @param poison for tests: fills what comes back with 0xDD, so that a use after its time shows */
  constructor(poison = false) {
    this.#poison = poison;
  }

  take(): Buffer {
    return this.#large.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
  }

  takeSmall(): Buffer {
    return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BLOCK_SIZE);
  }

  /** One that holds so many bytes. */
  takeFor(length: number): Buffer {
    if (length <= SMALL_BLOCK_SIZE) return this.takeSmall();
    return length <= BLOCK_SIZE ? this.take() : Buffer.allocUnsafeSlow(length);
  }

  /** Nobody uses the block any more. One that never comes back is garbage like any other. */
  give(block: Buffer): void {
    if (this.#poison) block.fill(0xdd);
    const kept = block.length === BLOCK_SIZE ? this.#large : this.#small;
    if (block.length <= BLOCK_SIZE && (kept.length + 1) * block.length <= FREE_KEPT) kept.push(block);
    else free(block.buffer);
  }
}
