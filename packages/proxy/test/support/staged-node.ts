import { copyFileSync, linkSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * A Node that every user of the machine can run: the one that runs the tests, or, where that lies in somebody's home, a copy of it in
 * the given folder.
 */
export function stagedNode(folder: string): string {
  if (isOpen(process.execPath)) return process.execPath;
  const copy = join(folder, "node");
  try {
    linkSync(process.execPath, copy);
  } catch {
    // Another file system.
    copyFileSync(process.execPath, copy);
  }
  return copy;
}

function isOpen(path: string): boolean {
  const above = dirname(path);
  return (statSync(path).mode & 0o001) !== 0 && (above === path || isOpen(above));
}
