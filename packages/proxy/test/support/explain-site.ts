import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { parseArguments } from "../../src/cli/arguments.ts";
import { explainRequest, requestOf } from "../../src/cli/explain.ts";
import { printExplanation } from "../../src/cli/print-explanation.ts";
import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The site of docs/explain.md: its files lie below `/srv/site` there. */
export class ExplainSite {
  readonly #folder = temporaryFolder();
  readonly #config: ProxyConfig;

  /** @param config as in the page */
  constructor(files: readonly string[], config: ProxyConfig) {
    for (const name of files) {
      mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
      writeFileSync(join(this.#folder, name), "");
    }
    this.#config = config;
  }

  /** What `x-proxy explain` prints. */
  async explain(args: readonly string[]): Promise<string> {
    const config = expandConfig(this.#config, { folder: this.#folder });
    const explanation = await explainRequest(config, requestOf(parseArguments(["explain", ...args], "x-proxy --help")));
    return printExplanation(explanation)
      .map((line) => this.#told(line))
      .join("\n");
  }

  /** What is different each time: the folder, and the dates of its files. */
  #told(line: string): string {
    return line
      .replaceAll(this.#folder, "/srv")
      .replace(/^ {2}Last-Modified: .*$/, "  Last-Modified: Sun, 01 Nov 2026 12:00:00 GMT")
      .replace(/^ {2}ETag: .*$/, '  ETag: W/"0-19f4a2b6e00"')
      .trimEnd();
  }
}
