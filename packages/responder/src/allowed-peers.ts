import { BlockList, isIP } from "node:net";

import { FastCGIError } from "@x/protocol/errors";

/** An IPv4 address as a socket that listens on both families writes it. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

const LOOPBACK: BlockList = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * The TCP peers that may connect. Over FastCGI the peer says which user is logged in and which file
 * is meant, so whoever can connect can be anybody: a list of web servers is the only lock on a TCP port.
 */
export class AllowedPeers {
  readonly #list: BlockList = new BlockList();

  /**
   * @param entries addresses or networks: `10.0.0.5`, `10.0.0.0/24`, `fd00::/8`
   * @param source where the list stands, for error messages
   * @throws FastCGIError `FCGI_ERR_LISTEN` for an empty list or an entry that is neither address nor
   * network: such a list is never read as "everybody" (FastCGI 1.0 §7)
   */
  constructor(entries: readonly string[], source: string) {
    if (entries.length === 0) {
      throw notAList(`${source} is empty, so nobody could connect: leave it out or list the web servers' addresses.`);
    }
    for (const entry of entries) this.#add(entry.trim(), source);
  }

  /** May this peer connect? A peer without an IP address (a UNIX socket) may not (FastCGI 1.0 §3.2). */
  allows(remoteAddress: string | undefined): boolean {
    return remoteAddress !== undefined && contains(this.#list, remoteAddress);
  }

  #add(entry: string, source: string): void {
    const [address = "", prefix, ...rest] = entry.split("/");
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    const isNetwork = prefix === undefined || (/^\d{1,3}$/.test(prefix) && length <= bits);
    if (family === 0 || !isNetwork || rest.length > 0) {
      throw notAList(
        `${source} has ${JSON.stringify(entry)}: write IP addresses or networks, such as 10.0.0.5 or 10.0.0.0/24.`,
      );
    }
    this.#list.addSubnet(address, length, family === 6 ? "ipv6" : "ipv4");
  }
}

/**
 * The list that holds: the option if it is given, else the environment's `FCGI_WEB_SERVER_ADDRS`
 * (FastCGI 1.0 §3.2), else none.
 *
 * @throws FastCGIError `FCGI_ERR_LISTEN` as the constructor of {@link AllowedPeers}
 */
export function allowedPeersFrom(
  option: readonly string[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): AllowedPeers | undefined {
  if (option !== undefined) return new AllowedPeers(option, "allowedPeers");
  const variable = environment["FCGI_WEB_SERVER_ADDRS"];
  if (variable === undefined) return undefined;
  return new AllowedPeers(variable.trim() === "" ? [] : variable.split(","), "FCGI_WEB_SERVER_ADDRS");
}

/** Can this address be reached from this machine only? */
export function isLoopback(address: string): boolean {
  return contains(LOOPBACK, address);
}

function contains(list: BlockList, address: string): boolean {
  const plain = address.replace(MAPPED_IPV4, "").replace(/%.*$/, "");
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
}

function notAList(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", message, { phase: "configure" });
}
