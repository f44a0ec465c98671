import { FastCGIError } from "@x/protocol/errors";
import type { Document, Node, YAMLError } from "yaml";

import { type TextMistake, jsonMistake } from "./json-mistake.ts";
import type { KeyPath } from "./key-path.ts";
import { formatPlace, placeOf } from "./place.ts";

/** What a file of JSON or YAML says. */
export interface TextConfig {
  readonly value: unknown;
  /** The line of a key, or of what it lies in. */
  readonly line: (path: KeyPath) => number | undefined;
}

/**
 * Reads JSON or YAML. All of JSON is YAML: the lines of keys come from one parser, what is wrong with JSON does not.
 *
 * @param file its name, for messages
 * @throws FastCGIError `FCGI_ERR_CONFIG` with the place of what is wrong
 */
export async function parseTextConfig(content: string, file: string, kind: "json" | "yaml"): Promise<TextConfig> {
  const text = content.replace(/^\uFEFF/, "");
  const wrong = ({ offset, message }: TextMistake, cause?: unknown): FastCGIError =>
    new FastCGIError("FCGI_ERR_CONFIG", `${formatPlace(file, placeOf(text, offset))}: ${message}.`, {
      phase: "configure",
      cause,
    });
  const mistake = kind === "json" ? jsonMistake(text) : undefined;
  if (mistake !== undefined) throw wrong(mistake);
  const yaml = await import("yaml");
  const document = yaml.parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw wrong({ offset: error.pos[0], message: yamlMistake(error, text) }, error);
  const alias = lostAlias(yaml, document);
  if (alias !== undefined) throw wrong(alias);
  try {
    return {
      value: kind === "json" ? (JSON.parse(text) as unknown) : document.toJS(),
      line: (keys) => {
        const offset = offsetOf(yaml, document, keys);
        return offset === undefined ? undefined : placeOf(text, offset).line;
      },
    };
  } catch (cause) {
    // Too many aliases.
    throw wrong(
      { offset: 0, message: `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}` },
      cause,
    );
  }
}

/** Where a key stands; one that is missing has its parent's place. */
function offsetOf(yaml: typeof import("yaml"), document: Document, keys: KeyPath): number | undefined {
  let offset: number | undefined;
  let node: unknown = document.contents;
  for (const key of keys) {
    if (yaml.isAlias(node)) node = node.resolve(document);
    if (yaml.isMap(node)) {
      const pair = node.items.find((it) => yaml.isScalar(it.key) && String(it.key.value) === String(key));
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (yaml.isSeq(node) && typeof key === "number") {
      node = node.items[key];
      if (!yaml.isNode(node)) return offset;
      offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** Most often it is a pattern without quotes. */
function lostAlias(yaml: typeof import("yaml"), document: Document): TextMistake | undefined {
  let found: TextMistake | undefined;
  yaml.visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      const written = `*${alias.source}`;
      const message = `${written} stands for something named &${alias.source}, which is not there: a text that begins with * needs quotes, as in ${JSON.stringify(written)}`;
      found = { offset: alias.range?.[0] ?? 0, message };
      return yaml.visit.BREAK;
    },
  });
  return found;
}

/** In words that need no book about YAML. */
function yamlMistake({ code, message, pos }: YAMLError, text: string): string {
  switch (code) {
    case "DUPLICATE_KEY":
      return `the key ${/^[^\s:]*/.exec(text.slice(pos[0]))?.[0] ?? ""} stands here a second time: remove one of them`;
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'two keys stand on one line, or a text with ": " in it lacks its quotes';
    case "MULTILINE_IMPLICIT_KEY":
      return "a key lacks its colon, or is indented otherwise than those beside it";
    case "BAD_INDENT":
      if (message.startsWith("Flow")) return "a [ or { before this is not closed, or what stands in it is not indented";
      return "the line is indented otherwise than those that it belongs to";
    case "TAB_AS_INDENT":
      return "a tab indents the line: write spaces";
    case "MULTIPLE_DOCS":
      return "--- begins a second document: a configuration is one";
    default:
      return `cannot be read as YAML: ${message.replace(/\.$/, "")}`;
  }
}
