import { channel } from "node:diagnostics_channel";

import type { ResolvedUpstream } from "../config/upstream-config.ts";
import { connectOnce } from "../processes/reachable.ts";

/** Published on `fastcgi:proxy:upstream` when nobody listens at an address of an upstream while the server starts. */
export interface UpstreamUnreachable {
  /** The one thing that is published here. */
  readonly type: "unreachable";
  /** Name of the upstream. */
  readonly upstream: string;
  /** Address text. */
  readonly address: string;
  /** The system's code, such as `ENOENT` or `ECONNREFUSED`. */
  readonly code: string;
}

const events = channel("fastcgi:proxy:upstream");

/** Milliseconds; an address behind a firewall does not answer at all. */
const PATIENCE = 2_000;

/**
 * Looks once whether somebody listens at each address, and publishes where nobody does. The server starts all the same: a
 * backend may come later.
 *
 * @param managed addresses of our own processes, which have events of their own
 */
export async function probeUpstreams(
  upstreams: Iterable<ResolvedUpstream>,
  managed: ReadonlySet<string>,
): Promise<void> {
  const looks: Promise<void>[] = [];
  for (const upstream of upstreams) {
    for (const { address } of upstream.addresses) if (!managed.has(address)) looks.push(look(upstream.name, address));
  }
  await Promise.all(looks);
}

async function look(upstream: string, address: string): Promise<void> {
  const error = await connectOnce(address, PATIENCE);
  if (error === undefined) return;
  const event: UpstreamUnreachable = { type: "unreachable", upstream, address, code: error.code ?? error.message };
  events.publish(event);
}
