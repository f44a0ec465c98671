import { lookup as systemLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";

import type { Address } from "@x/protocol/address";

/** ms for which an answer serves further connections. */
const FRESH = 1_000;

/** ms for which the last good answer serves when the name server has none. */
const LAST_GOOD = 5 * 60_000;

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/**
 * Resolves the name of one host, for each connection anew, but not more often than once a second, and all that ask
 * meanwhile wait for the same answer. When there is none, the last good one serves for five minutes: an application does not
 * go because its name server does.
 */
export class NameResolver {
  readonly #lookup: LookupFunction;
  readonly #clock: () => number;
  #good: LookupAddress[] | undefined;
  #goodAt = -Infinity;
  #waiting: Callback[] | undefined;

  constructor(lookup: LookupFunction, clock: () => number) {
    this.#lookup = lookup;
    this.#clock = clock;
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host, (error, addresses) => {
      if (error !== null) callback(error, options.all === true ? [] : "");
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

  #resolve(host: string, callback: Callback): void {
    const good = this.#good;
    if (good !== undefined && this.#clock() - this.#goodAt < FRESH) return process.nextTick(() => callback(null, good));
    if (this.#waiting !== undefined) {
      this.#waiting.push(callback);
      return;
    }
    this.#waiting = [callback];
    this.#lookup(host, { all: true }, (error, found) => {
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
      const failure = last === undefined ? (error ?? notFound(host)) : null;
      for (const each of waiting) each(failure, last ?? []);
    });
  }
}

/** @returns undefined for an address that has no name to resolve */
export function lookupFor(
  address: Address,
  lookup: LookupFunction | undefined,
  clock: () => number,
): LookupFunction | undefined {
  if (address.kind !== "tcp" || isIP(address.host) !== 0) return undefined;
  return new NameResolver(lookup ?? systemLookup, clock).lookup;
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${host} has no address.`), { code: "ENOTFOUND" });
}
