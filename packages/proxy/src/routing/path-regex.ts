/**
 * Compiles a regular expression for clean paths (latin-1, one character a byte). It must match the whole path: `^` and `$` are put around
 * it, and a dot is any byte.
 *
 * @throws SyntaxError when it is none
 */
export function compilePathRegex(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, "s");
}

/**
 * Why a regular expression might take for ever on a long path (a repetition inside of a repetition, `(a+)+`; alternatives that begin
 * alike and are repeated, `(a|ab)*`; a back reference), or is none; undefined: it is fine.
 */
export function flawOfRegex(source: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  if (/[^\0-\x7f]/.test(source))
    return "holds a character outside of ASCII: a path is bytes, so write them, such as \\xc3\\xa9.";
  try {
    compilePathRegex(source);
  } catch (error) {
    return `is not a regular expression: ${error instanceof Error ? error.message : String(error)}.`;
  }
  return new Scan(source).flaw;
}

/** A group that is open. */
interface Group {
  /** Does it hold a repetition without end? */
  repeats: boolean;
  /** First characters of its alternatives; undefined: one that is not a plain character. */
  readonly starts: (string | undefined)[];
  /** The next atom begins an alternative. */
  fresh: boolean;
}

/** One walk over a regular expression that is known to be well-formed. */
class Scan {
  flaw: string | undefined;
  readonly #source: string;
  readonly #open: Group[] = [newGroup()];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    while (this.#at < source.length && this.flaw === undefined) this.#step();
  }

  #step(): void {
    const character = this.#source[this.#at] as string;
    const group = this.#open.at(-1) as Group;
    if (character === "(") {
      note(group, undefined);
      this.#at += /^\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/.exec(this.#source.slice(this.#at))?.[0].length ?? 1;
      this.#open.push(newGroup());
    } else if (character === ")") {
      this.#at++;
      this.#open.pop();
      this.#close(group);
    } else if (character === "|") {
      this.#at++;
      group.fresh = true;
    } else this.#atom(group, character);
  }

  #atom(group: Group, character: string): void {
    const rest = this.#source.slice(this.#at);
    const text =
      /^(?:\[(?:\\.|[^\]])*\]|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|k<[^>]*>|.)|.)/s.exec(rest)?.[0] ?? character;
    if (/^\\(?:[1-9]|k<)/.test(text)) this.flaw = "has a back reference, which can take for ever on a long path.";
    note(group, /^[\w/\-~]$/.test(text) ? text : undefined);
    this.#at += text.length;
    if (this.#repeated()) group.repeats = true;
  }

  /** A group has ended: is it repeated, and may it be? */
  #close(group: Group): void {
    const outer = this.#open.at(-1);
    const repeated = this.#repeated();
    if (repeated && group.repeats)
      this.flaw = "repeats a group that repeats something itself, which can take for ever on a long path.";
    else if (repeated && group.starts.length > 1 && new Set(group.starts).size < group.starts.length + alike(group))
      this.flaw = "repeats alternatives that may begin alike, which can take for ever on a long path.";
    if (outer !== undefined && (repeated || group.repeats)) outer.repeats = true;
  }

  /** Is what comes next a repetition without end? It is stepped over. */
  #repeated(): boolean {
    const found = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at))?.[0];
    if (found === undefined) return false;
    this.#at += found.length;
    return /^(?:[*+]|\{\d+,\})/.test(found);
  }
}

function newGroup(): Group {
  return { repeats: false, starts: [], fresh: true };
}

function note(group: Group, start: string | undefined): void {
  if (group.fresh) group.starts.push(start);
  group.fresh = false;
}

/** One more than there can be when any alternative begins with something that is not one character. */
function alike(group: Group): number {
  return group.starts.includes(undefined) ? 1 : 0;
}
