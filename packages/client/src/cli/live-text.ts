import type { WriteStream } from "node:tty";

import { printable } from "./printable.ts";

/** May colours be written there? Only to a terminal, and not when NO_COLOR asks for none. */
export function hasColors(stream: Pick<WriteStream, "isTTY"> & { hasColors?: () => boolean }): boolean {
  return stream.isTTY && stream.hasColors?.() === true;
}

/** Text in colours, or plain. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
}

export function styleOf(colors: boolean): Style {
  const code = (on: number, off: number) => (text: string) => (colors ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39) };
}

/** Lines of a terminal that are written anew in their place. */
export class LiveText {
  readonly #stream: { write(text: string): unknown; rows?: number };
  #height = 0;

  constructor(stream: { write(text: string): unknown; rows?: number }) {
    this.#stream = stream;
  }

  /** Replaces what stands there, with as many lines as the terminal has; it cuts what is too wide, since a wrapped line would break the count. */
  show(lines: readonly string[]): void {
    // A terminal that does not know its size says 0.
    const { rows = 0 } = this.#stream;
    const most = Math.max(1, (rows > 0 ? rows : 24) - 1);
    const shown = lines.slice(0, most);
    const up = this.#height === 0 ? "" : `\u001b[${this.#height}A`;
    const text = shown.map((line) => `${line}\u001b[K`).join("\n");
    this.#stream.write(`\u001b[?7l${up}\r${text}\n\u001b[J\u001b[?7h`);
    this.#height = shown.length;
  }

  /** Takes them away. */
  clear(): void {
    if (this.#height > 0) this.#stream.write(`\u001b[${this.#height}A\r\u001b[J`);
    this.#height = 0;
  }
}

/** Text of somebody else as a cell: one line, without control characters, so wide at most. */
export function cell(text: string, width: number): string {
  const safe = printable(text).replaceAll(/[\n\t]/g, " ");
  return safe.length > width ? `${safe.slice(0, Math.max(0, width - 1))}…` : safe.padEnd(width);
}
