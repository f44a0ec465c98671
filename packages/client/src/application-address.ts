import { formatAddress, parseAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";

/** What an application understands. */
export type ApplicationProtocol = "fastcgi" | "scgi";

/** Where an application is, and what it understands. */
export interface ApplicationAddress {
  socket: Address;
  protocol: ApplicationProtocol;
  /** In the canonical form. */
  text: string;
}

const SCGI = "scgi+";

/**
 * Reads the address of an application: that of its socket, after `scgi+` if it speaks SCGI.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`
 */
export function parseApplicationAddress(text: string): ApplicationAddress {
  if (typeof text !== "string" || !text.startsWith(SCGI)) {
    const socket = parseAddress(text);
    return { socket, protocol: "fastcgi", text: formatAddress(socket) };
  }
  const socket = parseAddress(text.slice(SCGI.length));
  return { socket, protocol: "scgi", text: SCGI + formatAddress(socket) };
}
