/** The key of what stands for a function, which cannot be sent to another process: there the configuration is read again. */
const PLACE = "x-proxy: a function";

/** A copy without functions and without objects of classes, which has a sign in the place of each. */
export function withoutFunctions<T>(value: T): { readonly value: T; readonly found: boolean } {
  let found = false;
  const copied = mapLeaves(value, undefined, (leaf) => {
    if (!isCode(leaf)) return leaf;
    found = true;
    return { [PLACE]: true };
  });
  return { value: copied as T, found };
}

/** Puts the functions of a configuration that was read again into the places of the signs. */
export function withFunctions<T>(value: T, again: T): T {
  return mapLeaves(value, again, (leaf, other) => (isPlace(leaf) ? other : leaf)) as T;
}

type MapLeaf = (leaf: unknown, other: unknown) => unknown;

function mapLeaves(value: unknown, other: unknown, map: MapLeaf): unknown {
  if (Array.isArray(value)) return value.map((one, index) => mapLeaves(one, at(other, index), map));
  if (value instanceof Map) {
    const others = other instanceof Map ? other : undefined;
    return new Map([...value].map(([key, one]) => [key, mapLeaves(one, others?.get(key), map)]));
  }
  if (!isPlain(value) || isPlace(value)) return map(value, other);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapLeaves(one, at(other, key), map)]));
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key] : undefined;
}

function isCode(value: unknown): boolean {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && !isPlain(value) && !(value instanceof Uint8Array);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isPlace(value: unknown): boolean {
  return isPlain(value) && PLACE in value;
}
