import { FastCGIError } from "@x/protocol/errors";

import { type ConfigProblem, type KeyPath, formatKeyPath } from "./key-path.ts";

/** Where a configuration came from: relative paths and error messages refer to it. */
export interface ConfigSource {
  /** Relative paths start here. @default the working folder */
  folder?: string | undefined;
  /** Name of the file, for messages. */
  file?: string | undefined;
  /** The line of a key in that file, counted from 1. */
  line?: ((path: KeyPath) => number | undefined) | undefined;
  /** The option of a command line that gave a key instead of the file, such as `"--cert"`; undefined: none did. */
  option?: ((path: KeyPath) => string | undefined) | undefined;
}

/** `x.config.ts:7: tls.cert`, or `--cert`: where a person finds a key. */
export function formatKeyPlace(path: KeyPath, source: ConfigSource): string {
  const option = source.option?.(path);
  if (option !== undefined) return option;
  const line = source.line?.(path);
  const place = source.file === undefined ? "" : `${source.file}${line === undefined ? "" : `:${line}`}: `;
  return place + formatKeyPath(path);
}

/** All problems as one error, a line each, as they are met on the way through the file. */
export function configError(problems: readonly ConfigProblem[], source: ConfigSource): FastCGIError {
  const texts = problems
    .map(({ path, message }) => ({
      line: source.line?.(path) ?? 0,
      text: `${formatKeyPlace(path, source)} ${message}`,
    }))
    .toSorted((a, b) => a.line - b.line)
    .map(({ text }) => text);
  return new FastCGIError("FCGI_ERR_CONFIG", texts.join("\n"), { phase: "configure" });
}
