import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Endpoint } from "../gateway-request.ts";
import { isLoopback } from "../http/audience.ts";
import type { Malformed } from "../http1/malformed.ts";

/** What is wrong with a request that cannot be understood, or the limit that it exceeded with its name: for whoever may see that. */
export function explainClientError(
  { status, reason }: Malformed,
  { remote, local }: { readonly remote: Endpoint; readonly local: Endpoint },
  { errors, limits, timeouts }: Pick<ResolvedConfig, "errors" | "limits" | "timeouts">,
): string | undefined {
  const auto = isLoopback(remote.address) && isLoopback(local.address);
  if (errors === "plain" || (errors === "auto" && !auto)) return undefined;
  const { headerBytes, headerLines, target } = limits;
  switch (status) {
    case 408: {
      const whole = timeouts.request > 0 ? `, or the whole request than timeouts.request (${timeouts.request} ms)` : "";
      return `The head took longer than timeouts.requestHead allows (${timeouts.requestHead} ms)${whole}.`;
    }
    case 414:
      return `The request target is longer than limits.target allows (${target} bytes).`;
    case 431:
      return `The head is larger than limits.headerBytes (${headerBytes}), limits.headerLines (${headerLines}) or limits.target (${target} bytes) allow.`;
    default:
      return reason;
  }
}
