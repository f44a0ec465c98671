import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";

import { workspace } from "./rule.ts";

/** Where titles of tests are written: in tests, in what several tests share, in the behaviours that interop runs. */
const FILES = ["{packages,apps}/*/{test,sites}/**/*.ts", "apps/interop/src/behaviours/**/*.ts"];

/** Tests of the search itself, with ids that are none. */
const OWN_TEST = "apps/interop/test/rules.test.ts";

const ID = /\[([A-Z]{1,2}[0-9]+|f[0-9]+)\]/g;
const SEVERAL = /\[(?:[PCSV]|T[A-K])[0-9]+[^\]0-9][^\]]*\]/g;

/** What the titles of one file say. */
export interface Titles {
  /** Rule ids in brackets, each once. */
  readonly ids: ReadonlySet<string>;
  /** Brackets that begin with an id and hold more than that. */
  readonly malformed: readonly string[];
}

/** The titles of all test files, by their paths from the workspace on. */
export function readTitles(): Map<string, Titles> {
  const files = globSync(FILES, { cwd: workspace, exclude: (name) => name === "node_modules" });
  return new Map(
    files
      .filter((file) => file !== OWN_TEST)
      .toSorted()
      .map((file) => [file, findTitles(readFileSync(join(workspace, file), "utf8"))]),
  );
}

/**
 * Looks for ids in all string literals of a source file, since titles also come from tables and helpers. Nothing is
 * run, so what a placeholder stands for is not seen where it is used, but where it is written.
 */
export function findTitles(source: string): Titles {
  const ids = new Set<string>();
  const malformed: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      for (const [, id] of node.text.matchAll(ID)) ids.add(id!);
      malformed.push(...(node.text.match(SEVERAL) ?? []));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("titles.ts", source, ts.ScriptTarget.Latest));
  return { ids, malformed };
}
