import { plainSegment } from "./plain-segment.ts";

/** Leftovers of editors and of copies made by hand, which hold the source of what lies beside them. */
const LEFTOVERS = [".bak", ".swp", ".swo", ".swx", ".orig", ".save", ".old", ".tmp"];

/** Our own configuration, which `x-proxy init` writes into the folder that it is for. */
const CONFIGURATION = /^x\.config\.(?:m?js|ts|json|ya?ml)$/;

/**
 * Is this a path that nobody outside should see: a dot file or anything in a dot folder (`.git`, `.env`, `.htaccess`), an editor's
 * or a copy's leftover (`~`, `.bak`, `.swp`, …), or the configuration of this program? `/.well-known/` is public by its definition (RFC 8615).
 *
 * @param path decoded and clean, latin-1
 */
export function isHidden(path: string): boolean {
  for (let dot = path.indexOf("/."); dot >= 0; dot = path.indexOf("/.", dot + 1)) {
    if (dot !== 0 || !(path.startsWith("/.well-known/") || path === "/.well-known")) return true;
  }
  const name = plainName(path);
  if (name.endsWith("~") || (name.startsWith("#") && name.endsWith("#"))) return true;
  return endsWithAny(name, LEFTOVERS) || (name.startsWith("x.config.") && CONFIGURATION.test(name));
}

/** Is this the name of a script, however it is written? Such a file is never sent as text. */
export function isScriptName(path: string, extensions: readonly string[]): boolean {
  return endsWithAny(plainName(path), extensions);
}

/** The last segment, as a file system that does not care would read it. */
function plainName(path: string): string {
  return plainSegment(path.slice(path.lastIndexOf("/") + 1));
}

function endsWithAny(name: string, endings: readonly string[]): boolean {
  for (const ending of endings) if (name.endsWith(ending)) return true;
  return false;
}
