/** How a size may be written, for messages. */
export const SIZES = 'bytes or a text such as "64k", "128M" or "1G"';

const UNITS = ["", "k", "m", "g", "t"];

/** `"64k"`, `"1.5M"`, `"2GiB"` in bytes; undefined for any other text. As in nginx and PHP, a k is 1,024. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?) ?(?:([kmgt])(?:ib)?)?$/i.exec(text.trim());
  const power = UNITS.indexOf((found?.[2] ?? "").toLowerCase());
  return found === null ? undefined : Math.round(Number(found[1]) * 1_024 ** power);
}
