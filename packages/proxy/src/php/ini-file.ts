/** One line of a file like php.ini or a pool file of PHP-FPM. */
export interface IniEntry {
  /** The section that it stands in; empty before the first. */
  readonly section: string;
  readonly name: string;
  /** Without quotes and comment. */
  readonly value: string;
}

/** Reads what such a file says, as far as it can be told without PHP: constants and variables stay as they are. */
export function readIni(text: string): IniEntry[] {
  const entries: IniEntry[] = [];
  let section = "";
  for (const line of text.split("\n")) {
    const [, opened] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (opened !== undefined) {
      section = opened.trim();
      continue;
    }
    const [, name, written] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && written !== undefined) entries.push({ section, name, value: unquoted(written) });
  }
  return entries;
}

function unquoted(written: string): string {
  const [, , quoted] = /^(["'])(.*?)\1/.exec(written) ?? [];
  return quoted ?? (written.split(";", 1)[0] ?? "").trim();
}

/** `2M`, `128K`, `1G` or a number, in bytes; undefined for any other text. */
export function iniBytes(value: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+)\s*([KMG]?)$/i.exec(value) ?? [];
  const factor = { "": 1, K: 1_024, M: 1_048_576, G: 1_073_741_824 }[unit.toUpperCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
