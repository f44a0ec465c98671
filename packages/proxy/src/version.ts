import { createRequire } from "node:module";

/** The version of this package, found by its name: built files lie at another depth than sources. */
export function version(): string {
  const manifest: unknown = createRequire(import.meta.url)("@x/proxy/package.json");
  return (manifest as { version: string }).version;
}
