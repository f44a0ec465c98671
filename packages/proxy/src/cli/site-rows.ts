import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ResolvedRoute } from "../config/resolved-config.ts";
import { presetOf } from "../presets/detect.ts";

/** `WordPress: front controller /index.php, 15 paths denied`; undefined for a route without a preset. */
export function describeSite({ preset, fastcgi, deny }: ResolvedRoute): string | undefined {
  if (preset === undefined || fastcgi?.root === undefined) return undefined;
  const front = fastcgi.tryFiles.at(-1);
  const isThere = front !== undefined && !front.includes("{path}") && existsSync(join(fastcgi.root, front));
  const controller = isThere ? `front controller ${front}` : "no front controller";
  return `${presetOf(preset).title}: ${controller}, ${deny.length} ${deny.length === 1 ? "path" : "paths"} denied`;
}

/** What may surprise about a site that another server served before. */
export function noteOnSite({ fastcgi }: ResolvedRoute): string | undefined {
  if (fastcgi?.root === undefined || !fastcgi.checkFiles) return undefined;
  if (!existsSync(join(fastcgi.root, ".htaccess"))) return undefined;
  return ".htaccess is not read, and nobody gets it: what it denies and rewrites does not hold here";
}
