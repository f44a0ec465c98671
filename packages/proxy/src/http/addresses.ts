import { BlockList, isIP } from "node:net";

/** Names for what people mean most often. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
  all: ["0.0.0.0/0", "::/0"],
};

/**
 * A set of addresses: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`, `unix:` (whoever comes over a UNIX socket), `loopback`, `private`, `all`.
 */
export class AddressSet {
  readonly #list = new BlockList();
  readonly #unix: boolean;
  readonly #everything: boolean;

  /** @param written each of them good, see {@link flawOfAddress} */
  constructor(written: readonly string[]) {
    this.#everything = written.includes("all");
    this.#unix = this.#everything || written.includes("unix:");
    for (const text of written) {
      if (text === "unix:") continue;
      for (const one of NAMED[text] ?? [text]) this.#add(one);
    }
  }

  /** @param address undefined: a UNIX socket */
  has(address: string | undefined): boolean {
    if (address === undefined) return this.#unix;
    if (this.#everything) return true;
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? "ipv4" : "ipv6");
  }

  #add(text: string): void {
    const [address = "", bits] = text.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, Number(bits), family);
  }
}

/** What is wrong with an entry of a set of addresses; undefined: nothing. */
export function flawOfAddress(text: string): string | undefined {
  if (text === "unix:" || Object.hasOwn(NAMED, text)) return undefined;
  const found = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const version = isIP(found?.[1] ?? "");
  const bits = Number(found?.[2] ?? 0);
  if (version !== 0 && bits <= (version === 4 ? 32 : 128)) return undefined;
  return `must be an address such as "10.0.0.1" or "10.0.0.0/8", or "unix:", "loopback", "private" or "all", not ${JSON.stringify(text)}.`;
}

/** An IPv4 address that is written as an IPv6 one, as such; the zone of a link-local one is left out. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** Whom an address stands for: an IPv4 address itself, of an IPv6 one the /64, all of which belongs to one machine or household as a rule. */
export function clientNetwork(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  // The last two groups may be written as an IPv4 address.
  const written = before.length + after.length + (plain.includes(".") ? 1 : 0);
  const groups = [...before, ...Array.from({ length: 8 - written }, () => "0"), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
