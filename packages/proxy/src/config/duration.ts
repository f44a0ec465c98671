const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
  ["y", 31_536_000_000],
]);

/** `"90s"`, `"1.5h"`, `"1y"` in milliseconds; undefined for any other text. A year has 365 days. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|[smhdwy])$/.exec(text.trim());
  const unit = UNITS.get(found?.[2] ?? "");
  return unit === undefined ? undefined : Math.round(Number(found?.[1]) * unit);
}
