import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folders of packages and of everything that they depend on, by package name; optional ones that are missing are left out. */
export function packageFolders(names: readonly string[], from: string = import.meta.dirname): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string, from: string): void => {
    const folder = found.has(name) ? undefined : findPackage(name, from);
    if (folder === undefined) return;
    found.set(name, folder);
    const text = readFileSync(join(folder, "package.json"), "utf8");
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder);
  };
  for (const name of names) visit(name, from);
  return found;
}

/** As Node looks for it: in each `node_modules` on the way up from the real folder. */
function findPackage(name: string, from: string): string | undefined {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return realpathSync(folder);
  const parent = dirname(from);
  return parent === from ? undefined : findPackage(name, parent);
}
