import { lookup as systemLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { isIP, SocketAddress } from "node:net";
import type { LookupFunction } from "node:net";

import type { Address } from "@x/protocol/address";

/** ms for which an answer serves further connections. */
const FRESH = 1_000;

/** ms after which connections that live on are held against a new answer. */
const RECHECK = 60_000;

/** ms for which the last good answer serves when the name server has none. */
const LAST_GOOD = 5 * 60_000;

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/**
 * Resolves the name of one host, for each connection anew, but not more often than once a second, and all that ask
 * meanwhile wait for the same answer. When there is none, the last good one serves for five minutes: an application does not
 * go because its name server does.
 */
export class NameResolver {
  readonly #host: string;
  readonly #lookup: LookupFunction;
  readonly #clock: () => number;
  #good: LookupAddress[] | undefined;
  #goodAt = -Infinity;
  #recheckedAt = -Infinity;
  #waiting: Callback[] | undefined;

  constructor(host: string, lookup: LookupFunction, clock: () => number) {
    this.#host = host;
    this.#lookup = lookup;
    this.#clock = clock;
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (_host, options, callback) => {
    this.#resolve((error, addresses) => {
      if (error !== null) callback(error, options.all === true ? [] : "");
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

  /**
   * For connections that live for long: asks again when the last answer is a minute old, and tells the addresses of the new one.
   * Nothing is told while there is none: a connection that works is no reason to believe that its host has gone.
   */
  recheck(onAddresses: (addresses: ReadonlySet<string>) => void): void {
    const now = this.#clock();
    if (now - Math.max(this.#goodAt, this.#recheckedAt) < RECHECK) return;
    this.#recheckedAt = now;
    this.#resolve((error, addresses) => {
      if (error !== null || this.#goodAt < now) return;
      onAddresses(new Set(addresses.map(({ address }) => asSocketsWrite(address))));
    });
  }

  #resolve(callback: Callback): void {
    const good = this.#good;
    if (good !== undefined && this.#clock() - this.#goodAt < FRESH) return process.nextTick(() => callback(null, good));
    if (this.#waiting !== undefined) {
      this.#waiting.push(callback);
      return;
    }
    this.#waiting = [callback];
    this.#lookup(this.#host, { all: true }, (error, found) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      const addresses = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      if (error === null && addresses.length > 0) {
        this.#good = addresses;
        this.#goodAt = this.#clock();
        for (const each of waiting) each(null, addresses);
        return;
      }
      const last = this.#clock() - this.#goodAt < LAST_GOOD ? this.#good : undefined;
      const failure = last === undefined ? (error ?? notFound(this.#host)) : null;
      for (const each of waiting) each(failure, last ?? []);
    });
  }
}

/** @returns undefined for an address that has no name to resolve */
export function resolverFor(
  address: Address,
  lookup: LookupFunction | undefined,
  clock: () => number,
): NameResolver | undefined {
  if (address.kind !== "tcp" || isIP(address.host) !== 0) return undefined;
  return new NameResolver(address.host, lookup ?? systemLookup, clock);
}

/** An IPv6 address has many forms; a socket knows one of them. */
function asSocketsWrite(address: string): string {
  if (isIP(address) !== 6 || address.includes("%")) return address;
  return new SocketAddress({ address, family: "ipv6" }).address;
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${host} has no address.`), { code: "ENOTFOUND" });
}
