/**
 * A piece of what a peer sent, fit for a message and a log line: quoted, only printable ASCII, the rest
 * as `\xNN`, cut at `longest` characters.
 *
 * @param text latin-1, one character a byte
 */
export function snippet(text: string, longest = 80): string {
  const shown = text.length > longest ? text.slice(0, longest) : text;
  return `"${escapeText(shown)}${shown === text ? "" : "…"}"`;
}

/** Only printable ASCII, the rest as `\xNN`; without quotes around it. */
export function escapeText(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, escape);
}

function escape(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\r") return "\\r";
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
