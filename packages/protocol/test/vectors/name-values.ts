// Facts about name-value pairs (FastCGI 1.0 §3.4), as bytes.
import { hex } from "./wire.ts";

/** How a length is written (P31). */
export const LENGTHS: readonly (readonly [length: number, bytes: string])[] = [
  [0, "00"],
  [1, "01"],
  [126, "7e"],
  [127, "7f"],
  [128, "80000080"],
  [255, "800000ff"],
  [256, "80000100"],
  [1_000, "800003e8"],
  [65_535, "8000ffff"],
  [33_554_431, "81ffffff"],
];

/** Lists that end inside a pair (P39), or claim more than there is (P33, V1). */
export const INCOMPLETE: readonly (readonly [name: string, bytes: Uint8Array])[] = (
  [
    ["a name length alone", "00"],
    ["a name length alone, 1", "01"],
    ["no name", "0001"],
    ["no name, no value", "0100"],
    ["one byte of a four-byte value length", "00ff"],
    ["one byte of a four-byte value length after a name length", "01ff00"],
    ["no value of 128 bytes", "0080000080"],
    ["no name of 128 bytes", "8000008000"],
    ["one byte of a four-byte name length", "80"],
    ["two bytes of it", "8000"],
    ["three bytes of it", "800000"],
    ["no value length after a four-byte name length", "80000001"],
    ["two bytes of a four-byte value length", "018000"],
    ["three bytes of a four-byte value length", "01800000"],
    ["no name bytes after both lengths", "0101"],
    ["no value byte", "010161"],
    ["half a name", "020061"],
    ["a complete pair, then a byte", "0101616202"],
    ["both lengths 2^31-1", "ffffffffffffffff"],
    ["both lengths 2^31-1 and bytes", "ffffffffffffffff6161616161616161"],
    ["name 2^31-1, value 1", "ffffffff0161"],
    ["name 1, value 2^31-1", "01ffffffff6161"],
    ["a name length of FF bytes, cut", "ffffff"],
    ["lengths that add up to 2^32 - 2", "fffffffeffffffff61"],
    ["lengths whose sum wraps 32 bits to what is there", "fffffffd80000003616161"],
  ] as const
).map(([name, bytes]) => [name, hex(bytes)]);
