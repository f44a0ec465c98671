import { parseArgs } from "node:util";

import { nearest } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of a command, by long name, in the form of `util.parseArgs`. */
export type Flags = Readonly<
  Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean; what: string }>
>;

/** What stood on the command line. */
export class Arguments {
  readonly #values: Map<string, string[]>;
  readonly positionals: readonly string[];

  constructor(values: Map<string, string[]>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of a flag; the last one when it was given more than once. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** @throws UsageError when it is not a positive whole number */
  milliseconds(name: string, otherwise: number): number {
    return this.#number(name, "a number of milliseconds such as 2000") ?? otherwise;
  }

  /** @throws UsageError when it is not a positive whole number */
  count<Default extends number | undefined>(name: string, otherwise: Default): number | Default {
    return this.#number(name, "a whole number such as 10") ?? otherwise;
  }

  #number(name: string, what: string): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
    throw new UsageError(`--${name} takes ${what}, not "${text}".`);
  }
}

/** @throws UsageError for an unknown flag, naming the nearest right one, and for a value too many or too few */
export function readArguments(argv: readonly string[], flags: Flags): Arguments {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  const { tokens } = parseArgs({ args: [...argv], options: flags, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const flag = flags[token.name];
    if (flag === undefined) throw unknownFlag(token.rawName, flags);
    if (flag.type === "boolean" && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`);
    }
    if (flag.type === "string" && token.value === undefined) {
      throw new UsageError(`${token.rawName} needs a value: ${flag.what}.`);
    }
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
  }
  return new Arguments(values, positionals);
}

function unknownFlag(rawName: string, flags: Flags): UsageError {
  const names = Object.keys(flags).map((name) => `--${name}`);
  const shorts = Object.values(flags).flatMap(({ short }) => (short === undefined ? [] : [`-${short}`]));
  const like = rawName.startsWith("--") ? nearest(rawName, names) : undefined;
  return new UsageError(
    like === undefined
      ? `There is no flag ${rawName}; there are ${[...names, ...shorts].join(", ")}.`
      : `There is no flag ${rawName}; did you mean ${like}?`,
  );
}
