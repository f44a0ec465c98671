/**
 * Text that came from somewhere else, safe for a terminal: control characters are written out, so that
 * an application cannot forge lines or recolour them.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return character === "\r" ? "\\r" : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
