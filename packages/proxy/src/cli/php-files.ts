import { readdirSync } from "node:fs";

/** The name of a PHP file at the top of a folder, `index.php` first; undefined when there is none. */
export function phpFileIn(folder: string): string | undefined {
  try {
    const names = readdirSync(folder).filter((name) => /\.php$/i.test(name));
    return names.find((name) => name.toLowerCase() === "index.php") ?? names[0];
  } catch {
    return undefined;
  }
}
