import { FastCGIError } from "../errors.ts";
import { snippet } from "../snippet.ts";

/** A path cut after its script. */
export interface ScriptPath {
  /** SCRIPT_NAME (RFC 3875 §4.1.13): the path up to and including the extension. */
  scriptName: string;
  /** PATH_INFO (RFC 3875 §4.1.5): the rest, empty or with a slash first. */
  pathInfo: string;
}

/**
 * Finds the script in a path: `/blog/index.php/post/7` with `.php` is `/blog/index.php` and `/post/7`.
 *
 * The first extension that is followed by a slash or the end wins, so `/a.php.bak`, `/a.php5` and
 * `/a.php.txt` have no script and `/a.php.txt.php/i` has `/a.php.txt.php`. Letters are compared as ASCII
 * bytes, either case, on the string that is cut: with Unicode folding, `Ⱥ` moves the cut and `ｐ` counts as
 * `p`, and an uploaded file runs (CVE-2026-27590, CVE-2026-45135).
 *
 * Whether the path is clean and the script exists are the caller's to check, see {@link isSafeScriptPath}.
 *
 * @param path the decoded path, latin-1: one character a byte
 * @param extensions such as `.php`; ASCII, with the dot
 * @returns undefined when no extension matches
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an extension that is not a dot and then ASCII without a slash
 */
export function splitScriptPath(path: string, extensions: readonly string[]): ScriptPath | undefined {
  let cut = 0;
  for (const extension of extensions) {
    if (!isExtension(extension)) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `Not an extension such as ".php": ${snippet(extension)}`);
    }
    const end = findExtension(path, extension);
    if (end > 0 && (cut === 0 || end < cut)) cut = end;
  }
  return cut === 0 ? undefined : { scriptName: path.slice(0, cut), pathInfo: path.slice(cut) };
}

/** Looked at for each path: a loop is faster for a few letters than a regular expression. */
function isExtension(text: string): boolean {
  if (text.length < 2 || text.charCodeAt(0) !== DOT) return false;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === SLASH) return false;
  }
  return true;
}

/** The index after the first match, or 0. */
function findExtension(path: string, extension: string): number {
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    const end = dot + extension.length;
    if (end > path.length) return 0;
    if ((end === path.length || path.charCodeAt(end) === SLASH) && matchesAt(path, dot, extension)) return end;
  }
  return 0;
}

const DOT = 0x2e;
const SLASH = 0x2f;

function matchesAt(path: string, start: number, extension: string): boolean {
  for (let at = 0; at < extension.length; at++) {
    if (lower(path.charCodeAt(start + at)) !== lower(extension.charCodeAt(at))) return false;
  }
  return true;
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}

/**
 * Can a path be joined to a document root, and mean the same file to us and to the application?
 *
 * True for an absolute path without control characters (a NUL ends the name in C, a line feed made PHP-FPM
 * lose its place, CVE-2019-11043), without backslashes, without `.` and `..` segments, and without
 * characters above U+00FF, which no byte stands for.
 *
 * @param path the decoded path, latin-1: one character a byte
 */
export function isSafeScriptPath(path: string): boolean {
  return SAFE_PATH.test(path) && !DOT_SEGMENT.test(path);
}

const SAFE_PATH = /^\/[\x20-\x5b\x5d-\x7e\x80-\xff]*$/;
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;
