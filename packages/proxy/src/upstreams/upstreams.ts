import { FastCGIError } from "@x/protocol/errors";

import type { UpstreamStatus } from "../admin/status.ts";
import { didYouMean } from "../config/nearest-name.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { Upstream, type UpstreamStats } from "./upstream.ts";

/** The upstreams of a configuration, by their names. */
export class Upstreams {
  readonly #upstreams: ReadonlyMap<string, Upstream>;

  /** @throws FastCGIError as `Upstream` does */
  constructor({ upstreams, timeouts }: ResolvedConfig) {
    this.#upstreams = new Map([...upstreams].map(([name, it]) => [name, new Upstream(it, timeouts)]));
  }

  get stats(): ReadonlyMap<string, UpstreamStats> {
    return new Map([...this.#upstreams].map(([name, upstream]) => [name, upstream.stats]));
  }

  get status(): readonly UpstreamStatus[] {
    return [...this.#upstreams.values()].map((upstream) => upstream.status);
  }

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when there is none of that name */
  get(name: string): Upstream {
    const upstream = this.#upstreams.get(name);
    if (upstream !== undefined) return upstream;
    const names = [...this.#upstreams.keys()];
    const known = didYouMean(name, names) || (names.length === 0 ? "" : ` There are ${names.join(", ")}.`);
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `There is no upstream ${JSON.stringify(name)}.${known}`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()));
  }

  async destroy(error?: Error): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.destroy(error)));
  }
}
