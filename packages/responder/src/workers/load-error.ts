import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { FastCGIError } from "@x/protocol/errors";

/** This package's own files, in `src` or in `dist`. */
const OURS = new URL(import.meta.url.endsWith(".ts") ? ".." : ".", import.meta.url).href;

/** What a module threw while it was loaded, in one sentence with the place; the error itself is the cause. */
export function cannotLoad(url: string, cause: unknown): FastCGIError {
  const path = pathOf(url);
  // Node knows where, and tells it to nobody but the terminal.
  const where = cause instanceof SyntaxError ? `; node ${path} shows where` : placeIn(cause);
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `${path} cannot be loaded: ${textOf(cause)}${where}.`, {
    phase: "configure",
    cause,
  });
}

/** How users write what is a URL here. */
export function pathOf(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

/** On one line; errors of a kind of their own with its name, such as TypeError. */
function textOf(error: unknown): string {
  const plain = error instanceof Error && error.name === "Error" ? error.message : error;
  const text = plain instanceof Error ? String(plain) : typeof plain === "string" ? plain : inspect(plain);
  return text.trim().replaceAll(/\s+/g, " ").replace(/\.$/, "");
}

/** Where in the application it was thrown, if there. */
function placeIn(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = [...stack.matchAll(/^ {4}at (?:async |[^(]*\()?((?:file:\/\/)?\/[^()]+):(\d+):(\d+)\)?$/gm)].filter(
    ([, file]) => !file!.startsWith(OURS),
  );
  const frame = frames.find(([, file]) => !file!.includes("/node_modules/")) ?? frames[0];
  return frame === undefined ? "" : ` (at ${pathOf(frame[1]!)}:${frame[2]}:${frame[3]})`;
}
