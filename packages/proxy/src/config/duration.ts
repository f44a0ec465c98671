const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
  ["y", 31_536_000_000],
]);

/** How a duration may be written, for messages. */
export const DURATIONS = 'milliseconds or a text such as "10s", "1m30s" or "500ms"';

/** What a timer of Node can wait; one of more fires at once. */
export const LONGEST_WAIT = 2_147_483_647;

/** `"90s"`, `"1m30s"`, `"1.5h"`, `"1y"` in milliseconds; undefined for any other text. A year has 365 days. Larger units stand first, as in nginx. */
export function parseDuration(text: string): number | undefined {
  let sum = 0;
  let last = Infinity;
  const written = text.trim();
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdwy]) ?)+$/.test(`${written} `)) return undefined;
  for (const [, number, name = ""] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)) {
    const unit = UNITS.get(name) ?? Infinity;
    if (unit >= last) return undefined;
    last = unit;
    sum += Number(number) * unit;
  }
  return Math.round(sum);
}
