import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import type { Host } from "./host.ts";

/** What proxies add: the one who asks may be anybody then, though the connection comes from this machine. */
const FORWARDED: ReadonlySet<string> = new Set([
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-real-ip",
]);

/**
 * May whoever asks see what went wrong inside? By default only somebody on this machine who asks it directly and by a local name:
 * a page of a stranger's whose name was pointed at 127.0.0.1 must not read it.
 */
export function isDeveloper(
  errors: ResolvedConfig["errors"],
  request: GatewayRequest,
  host: Host | undefined,
): boolean {
  if (errors !== "auto") return errors === "developer";
  if (!isLoopback(request.remote.address) || !isLoopback(request.local.address)) return false;
  if (host !== undefined && !isLocalName(host.name)) return false;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (FORWARDED.has(request.rawHeaders[at]?.toLowerCase() ?? "")) return false;
  }
  return true;
}

/** Is it an address of this machine's own, of whatever spelling? */
export function isLoopback(address: string | undefined): boolean {
  return (
    address !== undefined && (address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127."))
  );
}

function isLocalName(name: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|.*\.(?:localhost|test))$/.test(name);
}

/** Does the client ask for HTML? Browsers do, by name; programs mostly do not. */
export function wantsHtml(request: GatewayRequest): boolean {
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === "accept")
      return request.rawHeaders[at + 1]?.includes("text/html") ?? false;
  }
  return false;
}
