import { allocate } from "./slab.ts";

/**
 * Memory for what every request brings a little of and keeps as long as it runs. An array of its own for each would cost more to
 * allocate, and to collect, than what is read out of it. A request that runs for hours keeps one block.
 */
const BLOCK_SIZE = 16_384;

/** More than this gets memory of its own. */
const LARGEST = 4_096;

let block: Uint8Array = allocate(0);
let used = 0;

/** `length` bytes that nobody else has or will get, and that hold anything: whoever takes them writes them all. */
export function pooledBytes(length: number): Uint8Array {
  if (length > LARGEST) return allocate(length);
  if (block.length - used < length) {
    block = allocate(BLOCK_SIZE);
    used = 0;
  }
  const start = used;
  used += length;
  return block.subarray(start, used);
}
