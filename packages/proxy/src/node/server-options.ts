import type { ServerOptions } from "node:http";

import { FastCGIError } from "@x/protocol/errors";

import type { LimitsConfig, TimeoutsConfig } from "../config/define-config.ts";
import { DURATIONS, parseDuration } from "../config/duration.ts";
import { SIZES, parseSize } from "../config/size.ts";

/**
 * Options for `http.createServer` that leave the gateway its say: it answers a missing Host, counts header bytes and joins header
 * lines itself, so Node only guards against what exceeds the limits by far. The parser stays strict. What a client may be slow at,
 * Node watches.
 *
 * @param limits the ones of the configuration
 * @param timeouts the ones of the configuration
 * @throws FastCGIError `FCGI_ERR_CONFIG` for a text that is no size or time
 */
export function nodeServerOptions(
  limits: Pick<LimitsConfig, "headerBytes" | "target"> = {},
  timeouts: Pick<TimeoutsConfig, "requestHead" | "request" | "keepAlive"> = {},
): ServerOptions {
  const size = (key: keyof typeof limits, or: number): number =>
    numberOf(`limits.${key}`, limits[key], or, parseSize, SIZES);
  const time = (key: keyof typeof timeouts, or: number): number =>
    numberOf(`timeouts.${key}`, timeouts[key], or, parseDuration, DURATIONS);
  return {
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    requireHostHeader: false,
    noDelay: true,
    // Node counts the target and what stands around it too.
    maxHeaderSize: size("headerBytes", 16_384) + size("target", 8_192) + 1_024,
    headersTimeout: time("requestHead", 10_000),
    requestTimeout: time("request", 0),
    keepAliveTimeout: time("keepAlive", 75_000),
    // Node looks every 30 s by default, which would make 10 s into 40.
    connectionsCheckingInterval: 1_000,
  };
}

function numberOf(
  key: string,
  written: number | string | undefined,
  or: number,
  parse: (text: string) => number | undefined,
  forms: string,
): number {
  const number = typeof written === "string" ? parse(written) : (written ?? or);
  if (number !== undefined) return number;
  throw new FastCGIError("FCGI_ERR_CONFIG", `${key} must be ${forms}, not ${JSON.stringify(written)}.`, {
    phase: "configure",
  });
}
