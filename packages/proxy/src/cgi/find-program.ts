import { isHidden } from "../routing/hidden-names.ts";
import type { RootFolder } from "../routing/root-folder.ts";

/** A program's path in its folder, and what of the request's path follows it; latin-1. */
export interface FoundProgram {
  readonly path: string;
  readonly pathInfo: string;
}

/** Names in a path that are looked at; a program lies less deep. */
const DEEPEST = 16;

/**
 * Finds the program that a path leads to: the first of its names that is a file, folders before it, PATH_INFO behind it. Files that are
 * hidden are none, and links must stay in the folder.
 *
 * @param path decoded and clean, below the route's mount
 */
export function findProgram(
  folder: RootFolder,
  path: string,
  found: (program: FoundProgram | undefined) => void,
): void {
  step(folder, path, path.indexOf("/", 1), 0, found);
}

function step(
  folder: RootFolder,
  path: string,
  slash: number,
  depth: number,
  found: (program: FoundProgram | undefined) => void,
): void {
  const end = slash < 0 ? path.length : slash;
  const candidate = path.slice(0, end);
  if (depth === DEEPEST || candidate.length < 2 || isHidden(candidate)) {
    found(undefined);
    return;
  }
  folder.lookup(candidate, (kind) => {
    if (kind === "file") found({ path: candidate, pathInfo: path.slice(end) });
    else if (kind === "folder" && end < path.length - 1)
      step(folder, path, path.indexOf("/", end + 1), depth + 1, found);
    else found(undefined);
  });
}
