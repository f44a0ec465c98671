import { type Address, parseAddress } from "@x/protocol/address";

/** Before the address of an application that speaks SCGI. */
const SCGI = "scgi+";

/** Does an application speak SCGI, by its address? */
export function speaksScgi(address: string): boolean {
  return address.startsWith(SCGI);
}

/**
 * The socket of an application, whatever it speaks.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`
 */
export function socketOf(address: string): Address {
  return parseAddress(speaksScgi(address) ? address.slice(SCGI.length) : address);
}

/** The address of what listens on a socket, as it is spelled for {@link socketOf}. */
export function withProtocol(socket: string, like: string): string {
  return speaksScgi(like) ? SCGI + socket : socket;
}
