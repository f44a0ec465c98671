const LONGEST = 80;

/**
 * A piece of what a peer sent, fit for a message and a log line: quoted, only printable ASCII, the rest
 * as `\xNN`, cut at 80 characters.
 *
 * @param text latin-1, one character a byte
 */
export function snippet(text: string): string {
  const shown = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  const escaped = shown.replace(/[^\x20-\x7e]|["\\]/g, escape);
  return `"${escaped}${shown === text ? "" : "…"}"`;
}

function escape(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\r") return "\\r";
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
