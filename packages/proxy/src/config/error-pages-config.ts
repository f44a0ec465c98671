import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/**
 * Pages for errors (nginx `error_page`): a status, `"4xx"` or `"5xx"`, and a path that is served in place of the error, with the status
 * of the error. Routes for them are usually `internal`.
 */
export type ErrorPagesConfig = Readonly<Record<string, string>>;

/** Checks pages for errors, and gives each status its own; a status of its own wins over its class. Without `expansion`, they were checked before. */
export function expandErrorPages(
  expansion: Expansion | undefined,
  path: KeyPath,
  pages: ErrorPagesConfig | undefined,
): ReadonlyMap<number, string> {
  const expanded = new Map<number, string>();
  const entries = Object.entries(pages ?? {}).toSorted(
    ([a], [b]) => Number(b.endsWith("xx")) - Number(a.endsWith("xx")),
  );
  for (const [key, page] of entries) {
    if (!/^[45](?:\d\d|xx)$/.test(key))
      expansion?.problem([...path, key], 'must be a status of 400 to 599, "4xx" or "5xx".');
    if (!/^\/[!-~]*$/.test(page))
      expansion?.problem([...path, key], `must be a path such as "/404.html", not ${JSON.stringify(page)}.`);
    if (!key.endsWith("xx")) expanded.set(Number(key), page);
    else
      for (let status = Number(key[0]) * 100; status < (Number(key[0]) + 1) * 100; status++) expanded.set(status, page);
  }
  return expanded;
}
