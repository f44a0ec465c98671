import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Account } from "./account.ts";
import type { RunFolder } from "./run-folder.ts";

/** What all plans of application processes go by. */
export interface PlanContext {
  readonly config: Pick<ResolvedConfig, "root" | "upstreams" | "routes" | "limits">;
  /** Our own environment, to pick from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where setpriv(1) is, if anywhere. */
  readonly setpriv: string | undefined;
  /** Made when it is first asked for. */
  readonly runFolder: () => RunFolder;
  /** The user of the worker, which must reach the sockets; undefined: ourselves. */
  readonly client: Account | undefined;
}

/** The document roots of the routes that an upstream answers and that are folders of this machine. */
export function rootsOf(upstream: string, config: PlanContext["config"]): string[] {
  const roots = new Set<string>();
  for (const { fastcgi } of config.routes) {
    if (fastcgi?.upstream === upstream && fastcgi.checkFiles && fastcgi.root !== undefined) roots.add(fastcgi.root);
  }
  return [...roots];
}
