/**
 * A name as a file system that does not care would read it: ASCII letters in lower case, without trailing dots and spaces and without
 * a stream name (`index.php::$DATA`).
 *
 * @param segment latin-1, one character a byte: other letters are several, and stay as they are
 */
export function plainSegment(segment: string): string {
  let name = toLowerAscii(segment);
  const stream = name.indexOf("::");
  if (stream >= 0) name = name.slice(0, stream);
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1] === " ")) end--;
  return end === name.length ? name : name.slice(0, end);
}

/** Lower case for A to Z alone. */
export function toLowerAscii(text: string): string {
  return hasCapital(text) ? text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** Asked for each path: a loop is faster for the few letters of a name than a regular expression. */
function hasCapital(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x41 && code <= 0x5a) return true;
  }
  return false;
}
