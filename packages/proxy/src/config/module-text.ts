import { stripTypeScriptTypes } from "node:module";

import { parse } from "acorn";
import type { AnyNode, ObjectExpression, Program } from "acorn";

import type { KeyPath } from "./key-path.ts";
import { type Place, placeOf } from "./place.ts";

/** A module's text, in which places are looked for. It is parsed when the first is asked for, since most configurations are right. */
export class ModuleText {
  readonly #text: string;
  readonly #typed: boolean;
  #program: Program | undefined;
  #mistake: Place | undefined;
  #parsed = false;

  /** @param typed is it TypeScript? */
  constructor(text: string, typed: boolean) {
    this.#text = text;
    this.#typed = typed;
  }

  /** Where it cannot be parsed. */
  get mistake(): Place | undefined {
    this.#parse();
    return this.#mistake;
  }

  /** The word at a place. */
  wordAt({ line, column = 1 }: Place): string {
    return /^(?:[\w$]+|"[^"]*"|.)/.exec(this.#text.split("\n")[line - 1]?.slice(column - 1) ?? "")?.[0] ?? "";
  }

  /** The modules that it imports before it runs. */
  get imports(): string[] {
    const body = this.#parse()?.body ?? [];
    return body.flatMap((node) =>
      "source" in node && typeof node.source?.value === "string" ? [node.source.value] : [],
    );
  }

  /** Where a module is imported whose name has this at its beginning. */
  importOf(begins: (specifier: string) => boolean): Place | undefined {
    for (const node of this.#parse()?.body ?? []) {
      if (!("source" in node) || typeof node.source?.value !== "string") continue;
      if (begins(node.source.value)) return placeOf(this.#text, node.start);
    }
    return undefined;
  }

  /**
   * The line of a key of the default export. What is computed, or comes from another file, has the line of the key that it is the value of.
   *
   * @returns undefined when not even that is known
   */
  lineOf(keys: KeyPath): number | undefined {
    const program = this.#parse();
    const exported = program && defaultExport(program);
    if (program === undefined || exported === undefined) return undefined;
    let { start } = exported;
    let node: AnyNode | undefined = exported;
    for (const key of keys) {
      const found = member(program, valueOf(program, node), key);
      if (found === undefined) break;
      start = found.start;
      node = found.value;
    }
    // The whole configuration is no place for a key that is missing.
    return keys.length > 0 && start === exported.start ? undefined : placeOf(this.#text, start).line;
  }

  #parse(): Program | undefined {
    if (this.#parsed) return this.#program;
    this.#parsed = true;
    try {
      const code = this.#typed ? strip(this.#text) : this.#text;
      this.#program = parse(code, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
    } catch (error) {
      const { pos } = error as { pos?: number };
      if (pos !== undefined) this.#mistake = placeOf(this.#text, pos);
    }
    return this.#program;
  }
}

/** Spaces take the place of types, so that all else stays where it is. Node itself runs the file in this way, and warns of nothing then. */
function strip(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function defaultExport(program: Program): AnyNode | undefined {
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") return node.declaration;
    if (node.type !== "ExportNamedDeclaration" || node.source) continue;
    const found = node.specifiers.find(({ exported }) => "name" in exported && exported.name === "default");
    if (found !== undefined) return found.local;
  }
  return undefined;
}

/** What stands behind the name of a constant, and in the parentheses of `defineConfig`. */
function valueOf(program: Program, from: AnyNode | undefined): AnyNode | undefined {
  let node = from;
  // Constants that name each other would not have run.
  for (let hops = 0; hops < 100; hops++) {
    if (node?.type === "Identifier") node = constant(program, node.name);
    else if (
      node?.type === "CallExpression" &&
      node.callee.type === "Identifier" &&
      node.callee.name === "defineConfig"
    )
      [node] = node.arguments;
    else return node;
  }
  return undefined;
}

function constant(program: Program, name: string): AnyNode | undefined {
  for (const node of program.body) {
    const declared = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    if (declared?.type !== "VariableDeclaration" || declared.kind !== "const") continue;
    const found = declared.declarations.find(({ id }) => id.type === "Identifier" && id.name === name);
    if (found !== undefined) return found.init ?? undefined;
  }
  return undefined;
}

interface Member {
  readonly start: number;
  readonly value: AnyNode;
}

function member(program: Program, of: AnyNode | undefined, key: string | number): Member | undefined {
  if (of?.type === "ObjectExpression") {
    const found = property(program, of, String(key));
    return found === "unknown" ? undefined : found;
  }
  if (of?.type !== "ArrayExpression" || typeof key !== "number") return undefined;
  const element = of.elements[key];
  const shifted = of.elements.slice(0, key + 1).some((it) => it?.type === "SpreadElement");
  return element === undefined || element === null || shifted ? undefined : { start: element.start, value: element };
}

/** The last one counts; what a computed name or somebody else's object may have is not known. */
function property(program: Program, of: ObjectExpression, name: string): Member | "unknown" | undefined {
  for (const it of of.properties.toReversed()) {
    if (it.type === "SpreadElement") {
      const spread = valueOf(program, it.argument);
      const found = spread?.type === "ObjectExpression" ? property(program, spread, name) : "unknown";
      if (found !== undefined) return found;
    } else if (it.key.type === "Literal") {
      if (String(it.key.value) === name) return { start: it.start, value: it.value };
    } else if (it.computed || it.key.type !== "Identifier") return "unknown";
    else if (it.key.name === name) return { start: it.start, value: it.value };
  }
  return undefined;
}
