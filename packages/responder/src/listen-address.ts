import { resolve } from "node:path";

import { formatAddress, parseAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";

/** Before the address of a socket on which SCGI is spoken. */
const SCGI = "scgi+";

/** A socket, and what is spoken on it. */
export interface ListenAddress {
  readonly protocol: "fastcgi" | "scgi";
  readonly address: Address;
}

/**
 * Reads where to listen: `unix:/run/app.sock`, `scgi+tcp://127.0.0.1:4000`, `fd:0`. A path becomes absolute, as the file is
 * removed by it at the end, whatever the folder is then.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`
 */
export function parseListenAddress(text: string): ListenAddress {
  const scgi = typeof text === "string" && text.startsWith(SCGI);
  const options = { fd: true, ephemeral: true };
  const address = parseAddress(scgi ? text.slice(SCGI.length) : text, options);
  const protocol = scgi ? "scgi" : "fastcgi";
  if (address.kind !== "unix") return { protocol, address };
  const path = resolve(address.path);
  return { protocol, address: path === address.path ? address : parseAddress(`unix:${path}`) };
}

/** What {@link parseListenAddress} reads back as the same. */
export function formatListenAddress({ protocol, address }: ListenAddress): string {
  return protocol === "scgi" ? SCGI + formatAddress(address) : formatAddress(address);
}
