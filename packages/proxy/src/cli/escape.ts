/** Characters of one log line at most. */
const LINE_LIMIT = 4_096;

/**
 * Text from outside, safe to print: control characters, which could move the cursor of a terminal or begin a line of their
 * own, become `\xHH`; a line that is too long is cut.
 */
export function escapeControls(text: string, limit: number = LINE_LIMIT): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  // C0 without the tab, DEL, C1, and the marks that turn the direction of writing.
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  return cut.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}
