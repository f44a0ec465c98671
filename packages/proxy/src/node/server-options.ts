import type { ServerOptions } from "node:http";

import type { LimitsConfig, TimeoutsConfig } from "../config/define-config.ts";

/**
 * Options for `http.createServer` that leave the gateway its say: it answers a missing Host, counts header bytes and joins header
 * lines itself, so Node only guards against what exceeds the limits by far. The parser stays strict. What a client may be slow at,
 * Node watches.
 *
 * @param limits the ones of the configuration
 * @param timeouts the ones of the configuration
 */
export function nodeServerOptions(
  limits: Pick<LimitsConfig, "headerBytes" | "target"> = {},
  timeouts: Pick<TimeoutsConfig, "requestHead" | "request" | "keepAlive"> = {},
): ServerOptions {
  return {
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    requireHostHeader: false,
    noDelay: true,
    // Node counts the target and what stands around it too.
    maxHeaderSize: (limits.headerBytes ?? 16_384) + (limits.target ?? 8_192) + 1_024,
    headersTimeout: timeouts.requestHead ?? 10_000,
    requestTimeout: timeouts.request ?? 0,
    keepAliveTimeout: timeouts.keepAlive ?? 75_000,
    // Node looks every 30 s by default, which would make 10 s into 40.
    connectionsCheckingInterval: 1_000,
  };
}
