/**
 * Writes zeros from `start` to `end`: the few bytes of a padding or of reserved fields, for which a call of `fill`
 * takes longer than the bytes themselves.
 *
 * @returns `end`
 */
export function writeZeros(target: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) target[at] = 0;
  return end;
}
