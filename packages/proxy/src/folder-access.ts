import { accessSync, constants, statSync } from "node:fs";

/** Asks the kernel whether this user may use a path so. @returns the code of its refusal, such as `EACCES`; undefined when it may */
export function accessCode(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EACCES";
  }
}

/**
 * What is wrong with a folder that is to be served, as the rest of a sentence: `does not exist`.
 *
 * @returns undefined when it is a folder that this user may enter
 */
export function folderFault(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return "does not exist";
    if (!found.isDirectory()) return "is no folder";
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "EACCES" ? "lies in a folder that this user may not enter" : `cannot be looked at (${message})`;
  }
  return accessCode(path, constants.X_OK) === undefined ? undefined : "may not be entered by this user";
}
