// Counts instead of measuring: what a piece of code allocates, by standing between it and Uint8Array.

export interface Allocations {
  /** `new Uint8Array(length)` calls. */
  arrays: number;
  /** Their lengths added up. */
  bytes: number;
  /** `subarray` calls. */
  views: number;
  /** Bytes that `set`, `slice`, `fill` and `copyWithin` have written. */
  moved: number;
}

/** Runs `action` and counts the byte arrays that it makes. */
export function countAllocations(action: () => void): Allocations {
  const count: Allocations = { arrays: 0, bytes: 0, views: 0, moved: 0 };
  const real = globalThis.Uint8Array;
  // oxlint-disable-next-line typescript/unbound-method -- put back as they were
  const { subarray, set, slice, fill, copyWithin } = real.prototype;
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
  real.prototype.set = function counted(array, offset) {
    count.moved += array.length;
    set.call(this, array, offset);
  };
  real.prototype.slice = function counted(...range) {
    const copy = slice.apply(this, range);
    count.moved += copy.length;
    return copy;
  };
  real.prototype.fill = function counted(this: Uint8Array, value, start = 0, end = this.length) {
    count.moved += Math.max(0, end - start);
    return fill.call(this, value, start, end);
  };
  real.prototype.copyWithin = function counted(this: Uint8Array, target, start, end = this.length) {
    count.moved += Math.max(0, end - start);
    return copyWithin.call(this, target, start, end);
  };
  try {
    action();
  } finally {
    globalThis.Uint8Array = real;
    Object.assign(real.prototype, { subarray, set, slice, fill, copyWithin });
  }
  return count;
}
