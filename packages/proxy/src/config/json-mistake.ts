/** What is wrong with a text, and where. */
export interface TextMistake {
  /** Characters before it. */
  readonly offset: number;
  /** A sentence without its full stop. */
  readonly message: string;
}

/**
 * What keeps a text from being JSON, in the words of JSON: engines say it in words of their own, and often not where.
 *
 * @returns undefined when nothing does (RFC 8259)
 */
export function jsonMistake(text: string): TextMistake | undefined {
  try {
    new Scanner(text).file();
    return undefined;
  } catch (error) {
    if (error instanceof Found) return error.mistake;
    throw error;
  }
}

/** Ends the scan. */
class Found extends Error {
  readonly mistake: TextMistake;

  constructor(offset: number, message: string) {
    super(message);
    this.mistake = { offset, message };
  }
}

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What a person takes for one word. */
const WORD = /[^\s,:;{}[\]"']+/y;
/** A text as far as it is right. */
// oxlint-disable-next-line no-control-regex -- RFC 8259 §7: no control characters
const PART_OF_TEXT = /(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): void {
    this.#space();
    if (this.#at === this.#text.length) throw new Found(0, "the file is empty: it needs { … }");
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong(`the file should end here, and ${this.#here()} follows`);
  }

  #value(): void {
    const next = this.#text[this.#at];
    if (next === "{") this.#object();
    else if (next === "[") this.#list();
    else if (next === '"') this.#string();
    else if (!this.#word()) throw this.#wrong(`a value is missing before ${this.#here()}`);
  }

  #object(): void {
    const opened = this.#at++;
    for (let before = false; ; before = true) {
      this.#space();
      if (this.#closes("}", opened, before)) return;
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#noKey();
      this.#string();
      const key = this.#text.slice(start, this.#at);
      const end = this.#at;
      this.#space();
      if (this.#text[this.#at] !== ":") throw new Found(end, `a colon is missing after the key ${key}`);
      this.#at++;
      this.#space();
      if (this.#at === this.#text.length) throw unclosed(opened, "{");
      this.#value();
      if (this.#ends("}", opened)) return;
    }
  }

  #list(): void {
    const opened = this.#at++;
    for (let before = false; ; before = true) {
      this.#space();
      if (this.#closes("]", opened, before)) return;
      this.#value();
      if (this.#ends("]", opened)) return;
    }
  }

  /** @param before did a comma stand before it? */
  #closes(bracket: string, opened: number, before: boolean): boolean {
    const next = this.#text[this.#at];
    if (next === undefined) throw unclosed(opened, this.#text[opened] ?? "");
    if (next === ",") throw this.#wrong("a comma stands where nothing is before it: remove it");
    if (next !== bracket) return false;
    if (before) throw this.#wrong(`a comma stands before this ${bracket}: remove the comma`);
    this.#at++;
    return true;
  }

  /** Behind a value: a comma leads to the next one. */
  #ends(bracket: string, opened: number): boolean {
    const end = this.#at;
    this.#space();
    const next = this.#text[this.#at];
    if (next === undefined) throw unclosed(opened, this.#text[opened] ?? "");
    if (next !== "," && next !== bracket) {
      if (next === "}" || next === "]" || next === ":")
        throw this.#wrong(`${next} stands where a comma or ${bracket} belongs`);
      throw new Found(end, `a comma is missing before ${this.#here()}`);
    }
    this.#at++;
    return next === bracket;
  }

  #string(): void {
    const opened = this.#at;
    this.#at = opened + 1 + this.#match(PART_OF_TEXT, opened + 1).length;
    const next = this.#text[this.#at];
    if (next === "\\") {
      const escape = this.#text.slice(this.#at, this.#at + 2);
      throw this.#wrong(`${escape} means nothing in a text of JSON: a backslash is written as \\\\`);
    }
    if (next === "\t") throw this.#wrong("a tab in a text is written as \\t");
    if (next !== '"') throw new Found(opened, 'the text that begins here has no closing "');
    this.#at++;
  }

  #word(): boolean {
    const word = this.#match(WORD, this.#at);
    if (word === "") return false;
    if (word !== "true" && word !== "false" && word !== "null" && this.#match(NUMBER, this.#at) !== word)
      throw this.#wrong(`${this.#here()} is neither a text in double quotes, a number, true, false nor null`);
    this.#at += word.length;
    return true;
  }

  #noKey(): Found {
    const word = this.#match(WORD, this.#at);
    return word === ""
      ? this.#wrong(`a key in double quotes is missing before ${this.#here()}`)
      : this.#wrong(`the key ${word} needs double quotes: ${JSON.stringify(word)}`);
  }

  #space(): void {
    this.#at += this.#match(SPACE, this.#at).length;
    if (this.#text.startsWith("//", this.#at) || this.#text.startsWith("/*", this.#at) || this.#text[this.#at] === "#")
      throw this.#wrong("JSON has no comments: remove it, or name the file .yaml, where lines that begin with # are");
    if (this.#text[this.#at] === "'") throw this.#wrong('a text stands in double quotes ("), not in single ones');
  }

  /** What stands here, for a sentence. */
  #here(): string {
    const [next = ""] = this.#text.slice(this.#at);
    if (next === "") return "the end of the file";
    if (next !== '"') return this.#match(WORD, this.#at) || next;
    const text = this.#match(PART_OF_TEXT, this.#at + 1);
    return `"${text.slice(0, 40)}"`;
  }

  #match(pattern: RegExp, from: number): string {
    pattern.lastIndex = from;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #wrong(message: string): Found {
    return new Found(this.#at, message);
  }
}

function unclosed(opened: number, bracket: string): Found {
  return new Found(
    opened,
    `the ${bracket} that stands here is never closed: ${bracket === "{" ? "}" : "]"} is missing`,
  );
}
