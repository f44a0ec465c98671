// Counts instead of measuring: what a piece of code allocates, by standing between it and Uint8Array.

export interface Allocations {
  /** `new Uint8Array(length)` calls. */
  arrays: number;
  /** Their lengths added up. */
  bytes: number;
  /** `subarray` calls. */
  views: number;
}

/** Runs `action` and counts the byte arrays that it makes. */
export function countAllocations(action: () => void): Allocations {
  const count: Allocations = { arrays: 0, bytes: 0, views: 0 };
  const real = globalThis.Uint8Array;
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was
  const subarray = real.prototype.subarray;
  globalThis.Uint8Array = new Proxy(real, {
    construct(target, args: unknown[], newTarget) {
      if (typeof args[0] === "number") {
        count.arrays++;
        count.bytes += args[0];
      }
      return Reflect.construct(target, args, newTarget === globalThis.Uint8Array ? target : newTarget) as object;
    },
  });
  real.prototype.subarray = function counted(...range) {
    count.views++;
    return subarray.apply(this, range);
  };
  try {
    action();
  } finally {
    globalThis.Uint8Array = real;
    real.prototype.subarray = subarray;
  }
  return count;
}
