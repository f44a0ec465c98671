import { dirname } from "node:path";

/** `/` and `/srv` for `/srv/site`. */
export function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}
