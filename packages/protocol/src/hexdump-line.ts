/** One line of a hexdump. */
export interface HexdumpLine {
  /** Where its bytes stand; `undefined` for hex digits alone, as `xxd -p` writes them. */
  readonly offset: number | undefined;
  /** Two hex digits a byte, nothing else; empty in the last line of `hexdump -C`. */
  readonly digits: string;
  /** Does it look like a line of tcpdump, whose dumps are packets? */
  readonly packet: boolean;
}

/** The line of `hexdump` and `xxd` that stands for repetitions of the one before it. */
export const SQUEEZED = "*";

/**
 * Reads one line as `xxd`, `hexdump -C`, `od -A x -t x1`, Wireshark and `tcpdump -x` or `-X` write it, or as hex digits alone.
 *
 * @param afterOffset did the line before it have an offset? Then digits alone are the offset that ends `hexdump -C`
 * @returns undefined for what is no such line; `"swapped"` for plain `hexdump`, which swaps each two bytes
 */
export function readHexdumpLine(line: string, afterOffset: boolean): HexdumpLine | "swapped" | undefined {
  // "00000000: 0101 0001 0008 0000  ........" and "\t0x0000:  4500 0034 …  E..4": two spaces end the digits.
  const withColon = /^\s*(0x)?([0-9a-f]{4,16}):\s+(\S.*)$/i.exec(line);
  if (withColon !== null) {
    const digits = joined((withColon[3] as string).split(/ {2}|\t/, 1)[0] as string);
    return digits === undefined ? undefined : found(withColon[2], digits, withColon[1] !== undefined);
  }
  // "00000000  01 01 00 01 00 08 00 00  00 01 …  |................|": a bar or three spaces end them.
  const withoutColon = /^\s*([0-9a-f]{4,16})\s+([0-9a-f]{2}(?:\s.*)?)$/i.exec(line);
  if (withoutColon !== null) {
    const digits = joined((withoutColon[2] as string).split(/\||\s{3}/, 1)[0] as string);
    if (digits !== undefined) return found(withoutColon[1], digits, false);
  }
  if (afterOffset && /^\s*[0-9a-f]{4,16}\s*$/i.test(line)) return found(line, "", false);
  if (/^[0-9a-f]{7} {1,4}[0-9a-f]{4}(?: |$)/i.test(line)) return "swapped";
  const digits = joined(line);
  return digits === undefined ? undefined : { offset: undefined, digits, packet: false };
}

function found(offset: string | undefined, digits: string, packet: boolean): HexdumpLine {
  return { offset: Number.parseInt(offset as string, 16), digits, packet };
}

/** Groups of whole bytes, without the white space between them. */
function joined(text: string): string | undefined {
  const groups = text.trim().split(/\s+/);
  return groups.every((group) => /^(?:[0-9a-f]{2})+$/i.test(group)) ? groups.join("") : undefined;
}
