/**
 * The memory that records are written into. All outputs of a process share one slab and lease parts
 * of it, since most connections write a kilobyte at a time and some serve a single request: a slab
 * each would be allocated for nothing. No byte is ever leased twice once it may have been handed out,
 * so a transport can keep what it got as long as it likes.
 */
const SLAB_SIZE = 65_536;

/** The least that is leased: the head of a usual request. */
const LEASE_SIZE = 4_096;

/**
 * Where there is Node's `Buffer`, slabs are such: their parts are made by a fraction of the work, its sockets take them as they
 * are, and no byte is set to zero that is written before it is handed out.
 */
const { Buffer: NodeBuffer } = globalThis as { Buffer?: { allocUnsafeSlow?(size: number): Uint8Array } };
export const allocate: (size: number) => Uint8Array = NodeBuffer?.allocUnsafeSlow ?? ((size) => new Uint8Array(size));

let slab: Uint8Array = new Uint8Array(0);
let leased = 0;

/** The bytes `start` to `end` of `bytes` are the leaseholder's. */
export interface Lease {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** A lease of at least `length` bytes. What asks for more than a slab gets memory of its own. */
export function lease(length: number): Lease {
  const size = Math.max(length, LEASE_SIZE);
  if (size > SLAB_SIZE) return { bytes: allocate(size), start: 0, end: size };
  if (slab.length - leased < size) {
    slab = allocate(SLAB_SIZE);
    leased = 0;
  }
  const start = leased;
  leased += size;
  return { bytes: slab, start, end: leased };
}

/**
 * Gives back the end of a lease, from `from` on, which was not handed out.
 *
 * @returns false when something was leased behind it: it stays with the leaseholder
 */
export function giveBack(bytes: Uint8Array, from: number, end: number): boolean {
  if (bytes !== slab || end !== leased) return false;
  leased = from;
  return true;
}
