import { styleText } from "node:util";

import { escapeControls } from "./escape.ts";
import type { Output } from "./output.ts";

/** How much a line matters. */
export type LogLevel = "info" | "warn" | "error";

/** What a line is about, for machines; texts and numbers only. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where log lines go and how they look. */
export interface LogOptions {
  /** What goes as expected. */
  readonly out: Output;
  /** Warnings and errors. With `json`, everything goes to `out`. */
  readonly err: Output;
  readonly json: boolean;
  /** @default Date.now */
  readonly now?: () => number;
}

type Style = "yellow" | "red" | "dim";

const STYLES: Readonly<Record<LogLevel, Style | undefined>> = { info: undefined, warn: "yellow", error: "red" };

/** Writes what happens as lines: for people `12:00:01 warning: …`, for machines a JSON object each. */
export class Log {
  readonly #options: LogOptions;
  readonly #now: () => number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @param message one sentence; control characters in it are escaped
   * @param fields what the sentence says, for machines
   */
  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { out, err, json } = this.#options;
    if (json) {
      out.line(JSON.stringify({ time: new Date(this.#now()).toISOString(), level, message, ...fields }));
      return;
    }
    const output = level === "info" ? out : err;
    const label = level === "info" ? "" : `${level === "warn" ? "warning" : "error"}: `;
    output.line(
      `${paint(output, "dim", this.#clock())} ${paint(output, STYLES[level], label)}${escapeControls(message)}`,
    );
  }

  /** Lines as they are, for people only. */
  plain(text: string): void {
    if (!this.#options.json) this.#options.out.line(text);
  }

  /** An event that is no sentence, for machines only. */
  json(fields: Readonly<Record<string, unknown>>): void {
    if (this.#options.json)
      this.#options.out.line(JSON.stringify({ time: new Date(this.#now()).toISOString(), level: "info", ...fields }));
  }

  /** Colours a piece of a {@link plain} text, if the reader shows colours. */
  paint(style: "bold" | "dim" | "cyan", text: string): string {
    return paint(this.#options.out, style, text);
  }

  #clock(): string {
    return new Date(this.#now()).toTimeString().slice(0, 8);
  }
}

function paint(output: Output, style: Style | "bold" | "cyan" | undefined, text: string): string {
  if (style === undefined || text === "" || !showsColours(output)) return text;
  return styleText(style, text, { validateStream: false });
}

/** Only on a terminal, and not when the user asked for none (no-color.org). */
function showsColours(output: Output): boolean {
  const { NO_COLOR, TERM } = process.env;
  return output.terminal && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}
