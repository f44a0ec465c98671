import { formatApplicationAddress, parseAddress, parseApplicationAddress } from "@x/protocol/address";
import { isFastCGIError } from "@x/protocol/errors";

import type { Expansion } from "./expand.ts";
import { type HealthConfig, type ResolvedHealth, expandHealth } from "./health-config.ts";
import type { CheckConfig, ResolvedCheck } from "./health-config.ts";
import type { KeyPath } from "./key-path.ts";
import { type PolicyConfig, type ResolvedPolicy, expandPolicy } from "./policy-config.ts";

/** One application, reachable at one or more addresses. */
export interface UpstreamConfig extends AddressLimits {
  /**
   * Each `"unix:/run/app.sock"`, `"unix:@abstract"` or `"tcp://host:9000"`, with `scgi+` before it when the application speaks SCGI, or an object that also overrides the upstream's
   * limits. Of several, each request gets one that is well and has room, by the `policy`.
   *
   * @default a socket of its own, when a process of kind `"php-fpm"` or `"php-cgi"` serves the upstream
   */
  addresses?: readonly (string | AddressConfig)[] | undefined;
  /** Which address gets the next request. @default "weighted" */
  policy?: PolicyConfig | undefined;
  /** When an address is left out because its requests fail, and how it comes back. A sole address never is. */
  health?: HealthConfig | undefined;
  /** Asks each address how it is, besides what its requests tell. @default none */
  check?: CheckConfig | undefined;
  /**
   * Requests that may wait for a place, `timeouts.queue` at most; one more, or one that waits for longer, is 503 with Retry-After.
   *
   * @default 256
   */
  queue?: number | undefined;
  /** Addresses that one request is tried on at most (nginx `fastcgi_next_upstream_tries`). @default 3 */
  maxTries?: number | undefined;
  /** Tries beyond the first, as a share of the requests of the last ten seconds, between 0 and 1; three in any case. @default 0.2 */
  retryBudget?: number | undefined;
}

/** One address with limits of its own. */
export interface AddressConfig extends AddressLimits {
  /** Address text, as in {@link UpstreamConfig.addresses}. */
  address: string;
  /** Its share, in proportion to those of the others (nginx `weight`). @default 1 */
  weight?: number | undefined;
  /** Is it for when all others are down (nginx `backup`)? @default false */
  backup?: boolean | undefined;
}

/** How much one address is given to do. */
export interface AddressLimits {
  /**
   * Requests at once: `pm.max_children` of PHP-FPM. Known, it allows connections to be kept for requests that may be repeated
   * (GET, HEAD, OPTIONS), since an application may close one just when a request leaves on it; all others get a connection of their
   * own. Unknown, every request does, and at most 32 run at once.
   */
  capacity?: number | undefined;
  /**
   * Requests at once on one connection. More than 1 only for applications that multiplex (PHP does not).
   *
   * @default 1
   */
  multiplex?: number | undefined;
  /** Connections at once. @default as many as `capacity` needs */
  connections?: number | undefined;
}

/** An application and where it is reached. */
export interface ResolvedUpstream {
  /** Its name in the configuration. */
  readonly name: string;
  /** Empty for the upstream of a PHP of our own, until that chose its socket. */
  readonly addresses: readonly ResolvedAddress[];
  /** Requests at once an address, where the address itself does not say. */
  readonly capacity: number | undefined;
  /** Which address gets the next request. */
  readonly policy: ResolvedPolicy;
  /** When an address is left out. */
  readonly health: ResolvedHealth;
  /** undefined: none. */
  readonly check: ResolvedCheck | undefined;
  /** Requests that may wait. */
  readonly queue: number;
  /** Addresses that one request is tried on. */
  readonly maxTries: number;
  /** A share of the requests. */
  readonly retryBudget: number;
}

/** One address of an application with its limits. */
export interface ResolvedAddress {
  /** Canonical address text; UNIX paths are absolute. */
  readonly address: string;
  /** Requests at once; undefined: not known. */
  readonly capacity: number | undefined;
  /** Requests at once on one connection. */
  readonly multiplex: number;
  /** Connections at once; undefined: as many as `capacity` needs. */
  readonly connections: number | undefined;
  /** Above 0. */
  readonly weight: number;
  /** Only when all others are down. */
  readonly backup: boolean;
}

/** @param chosen does a process choose an address for it by itself? */
export function expandUpstream(
  expansion: Expansion,
  name: string,
  upstream: UpstreamConfig,
  chosen: boolean,
): ResolvedUpstream {
  const path = ["upstreams", name];
  if (upstream.addresses === undefined && !chosen) expansion.problem([...path, "addresses"], "is missing.");
  const addresses = expandAddresses(expansion, [...path, "addresses"], upstream);
  if (addresses.length > 0 && addresses.every(({ backup }) => backup))
    expansion.problem([...path, "addresses"], "are all backups, of nothing: leave backup out of one.");
  const { check, ...health } = expandHealth(expansion, path, upstream);
  return {
    name,
    addresses,
    capacity: upstream.capacity,
    policy: expandPolicy(expansion, [...path, "policy"], upstream.policy ?? "weighted", addresses),
    health,
    check,
    queue: upstream.queue ?? 256,
    maxTries: upstream.maxTries ?? 3,
    retryBudget: upstream.retryBudget ?? 0.2,
  };
}

function expandAddresses(expansion: Expansion, path: KeyPath, upstream: UpstreamConfig): ResolvedAddress[] {
  const addresses: ResolvedAddress[] = [];
  for (const [index, entry] of (upstream.addresses ?? []).entries()) {
    const at = [...path, index];
    const own: AddressConfig = typeof entry === "string" ? { address: entry } : entry;
    const address = expandAddress(expansion, typeof entry === "string" ? at : [...at, "address"], own.address);
    if (address === undefined) continue;
    const multiplex = own.multiplex ?? upstream.multiplex ?? 1;
    if (parseApplicationAddress(address).protocol === "scgi" && multiplex > 1)
      expansion.problem(at, "speaks SCGI, which has one request a connection: leave multiplex out.");
    if (addresses.some((other) => other.address === address))
      expansion.problem(at, "is there already: for a larger share give it a weight.");
    addresses.push({
      address,
      capacity: own.capacity ?? upstream.capacity,
      multiplex,
      connections: own.connections ?? upstream.connections,
      weight: own.weight ?? 1,
      backup: own.backup ?? false,
    });
  }
  return addresses;
}

function expandAddress(expansion: Expansion, path: KeyPath, text: string): string | undefined {
  try {
    const { protocol, address: socket } = parseApplicationAddress(text);
    const address = socket.kind === "unix" ? parseAddress(`unix:${expansion.path(socket.path)}`) : socket;
    return formatApplicationAddress({ protocol, address });
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    expansion.problem(path, `is not an address: ${error.message}`);
    return undefined;
  }
}
