import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** Checks configured params: names of visible ASCII, values without NUL. */
export function expandParams(
  expansion: Expansion,
  path: KeyPath,
  params: Readonly<Record<string, string>>,
): Map<string, string> {
  const expanded = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    if (!/^[!-~]+$/.test(name)) expansion.problem([...path, name], "is not a name of visible ASCII characters.");
    else if (value.includes("\0")) expansion.problem([...path, name], "must not hold a NUL.");
    else expanded.set(name, value);
  }
  return expanded;
}
