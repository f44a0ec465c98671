import { readdirSync } from "node:fs";

/** The names of what lies in a folder; none, when it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
