import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";
import { parse } from "yaml";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { ExplainSite } from "../support/explain-site.ts";

const PAGE = fileURLToPath(new URL("../../docs/explain.md", import.meta.url));
const BLOCK = /```console\n\$ x-proxy explain (.*)\n([^]*?)\n```/g;

test("docs/explain.md: what is printed for its ten URLs", async () => {
  const page = readFileSync(PAGE, "utf8");
  const config = parse(/```yaml\n([^]*?)\n```/.exec(page)?.[1] ?? "") as ProxyConfig;
  const files = (/```text\n([^]*?)\n```/.exec(page)?.[1] ?? "").split("\n");
  const site = new ExplainSite(files, config);
  const blocks = [...page.matchAll(BLOCK)];
  const printed = new Map<string, string>();
  for (const [, line = ""] of blocks) {
    const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    printed.set(line, await site.explain(args));
  }
  const told = page.replaceAll(BLOCK, (_all, line: string) => {
    return `\`\`\`console\n$ x-proxy explain ${line}\n${printed.get(line) ?? ""}\n\`\`\``;
  });
  // Look at what changed, then let it be written: UPDATE_DOCS=1.
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, told);
  else expect(page).toBe(told);
  expect(blocks).toHaveLength(10);
});
