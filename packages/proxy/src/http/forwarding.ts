import { isIP } from "node:net";

import type { ResolvedTrust } from "../config/resolved-config.ts";
import type { Endpoint, GatewayRequest } from "../gateway-request.ts";
import { AddressSet, plainAddress } from "./addresses.ts";
import { type Host, formatHost, parseHost } from "./host.ts";
import { Refusal } from "./refusal.ts";

/** Who asks, and for which server, in place of what the connection says. */
export interface Forwarded {
  readonly remote: Endpoint;
  readonly scheme: "http" | "https";
  readonly host: Host | undefined;
  /** undefined: that of our end of the connection. */
  readonly serverPort: number | undefined;
  /** Was it a proxy that is trusted? */
  readonly believed: boolean;
  /** The headers that may be believed, names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Hops that are looked at; more are a client's invention. */
const MAX_HOPS = 64;

/** Knows which proxies in front may say who the client is (nginx `set_real_ip_from`, Apache `RemoteIPTrustedProxy`). */
export class Forwarding {
  readonly #trusted: AddressSet;
  readonly #header: ResolvedTrust["header"];

  constructor({ addresses, header }: ResolvedTrust) {
    this.#trusted = new AddressSet(addresses);
    this.#header = header;
  }

  /**
   * What a request with forwarding headers means. A stranger's are not believed: his X-Forwarded-For becomes his own address, and all
   * others go, so that no application believes them either.
   */
  read(request: GatewayRequest, host: Host | undefined): Forwarded {
    const { remote, scheme } = request;
    if (!this.#trusted.has(remote.address)) {
      return { remote, scheme, host, serverPort: undefined, believed: false, rawHeaders: strangersHeaders(request) };
    }
    return this.#header === "forwarded" ? this.#standard(request, host) : this.#usual(request, host);
  }

  #usual(request: GatewayRequest, host: Host | undefined): Forwarded {
    const { rawHeaders } = request;
    const remote = this.#walk(request.remote, list(rawHeaders, "x-forwarded-for"));
    const proto = list(rawHeaders, "x-forwarded-proto").at(-1)?.toLowerCase();
    const port = list(rawHeaders, "x-forwarded-port").at(-1);
    const named = hostOf(list(rawHeaders, "x-forwarded-host").at(-1));
    const kept = without(rawHeaders, (name) => name === "forwarded");
    return answer(request, {
      remote,
      proto,
      host: named ?? host,
      changed: named !== undefined,
      port,
      rawHeaders: kept,
    });
  }

  /** RFC 7239: each hop has parameters, the last hop is the proxy that we know. */
  #standard(request: GatewayRequest, host: Host | undefined): Forwarded {
    const hops = list(request.rawHeaders, "forwarded").map(parameters);
    const remote = this.#walk(
      request.remote,
      hops.map((hop) => hop.get("for") ?? ""),
    );
    const last = hops.at(-1);
    const named = hostOf(last?.get("host"));
    const rawHeaders = without(request.rawHeaders, (name) => name !== "forwarded");
    const proto = last?.get("proto")?.toLowerCase();
    return answer(request, {
      remote,
      proto,
      host: named ?? host,
      changed: named !== undefined,
      port: undefined,
      rawHeaders,
    });
  }

  /** From the last hop back to the first that nobody vouches for. What is no address ends the walk. */
  #walk(peer: Endpoint, hops: readonly string[]): Endpoint {
    let client = peer;
    for (let at = hops.length - 1; at >= 0 && at >= hops.length - MAX_HOPS; at--) {
      if (!this.#trusted.has(client.address)) break;
      const hop = endpointOf(hops[at] ?? "");
      if (hop === undefined) break;
      client = hop;
    }
    return client;
  }
}

interface Read {
  readonly remote: Endpoint;
  readonly proto: string | undefined;
  readonly host: Host | undefined;
  /** Is it another host than the Host field names? */
  readonly changed: boolean;
  readonly port: string | undefined;
  readonly rawHeaders: readonly string[];
}

function answer(request: GatewayRequest, read: Read): Forwarded {
  const { remote, proto, host, changed } = read;
  const told = proto === "http" || proto === "https" ? proto : undefined;
  const scheme = told ?? request.scheme;
  const port = read.port !== undefined && /^\d{1,5}$/.test(read.port) ? Number(read.port) : undefined;
  const usual = told !== undefined || changed ? (host?.port ?? (scheme === "https" ? 443 : 80)) : undefined;
  const rawHeaders = changed && host !== undefined ? withHost(read.rawHeaders, formatHost(host)) : read.rawHeaders;
  return {
    remote,
    scheme,
    host,
    believed: true,
    serverPort: port !== undefined && port < 65_536 ? port : usual,
    rawHeaders,
  };
}

/** Is this a header by which proxies say who the client is? */
export function isForwarding(name: string): boolean {
  if (name.length < 9) return false;
  const first = name.charCodeAt(0) | 0x20;
  if (first !== 0x78 && first !== 0x66) return false;
  const lower = name.toLowerCase();
  return lower.startsWith("x-forwarded-") || lower === "x-real-ip" || lower === "forwarded";
}

function strangersHeaders({ rawHeaders, remote }: GatewayRequest): string[] {
  const said = list(rawHeaders, "x-forwarded-for").length > 0;
  const kept = without(rawHeaders, () => true);
  if (said && remote.address !== undefined) kept.push("X-Forwarded-For", plainAddress(remote.address));
  return kept;
}

function without(rawHeaders: readonly string[], isOut: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!isForwarding(name) || !isOut(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
  }
  return kept;
}

function withHost(rawHeaders: readonly string[], host: string): string[] {
  const kept = ["Host", host];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.toLowerCase() !== "host") kept.push(name, rawHeaders[at + 1] as string);
  }
  return kept;
}

/** The items of a list header, of all its lines. */
function list(rawHeaders: readonly string[], lower: string): string[] {
  const items: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== lower) continue;
    for (const item of (rawHeaders[at + 1] as string).split(",")) items.push(item.trim());
  }
  return items;
}

function parameters(hop: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of hop.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0) found.set(pair.slice(0, equals).trim().toLowerCase(), unquote(pair.slice(equals + 1).trim()));
  }
  return found;
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `"[::1]"`, `::1`. */
function endpointOf(hop: string): Endpoint | undefined {
  const found =
    /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/.exec(
      unquote(hop),
    );
  const address = plainAddress(found?.[1] ?? found?.[2] ?? found?.[3] ?? "");
  if (isIP(address) === 0) return undefined;
  return { address, port: found?.[4] === undefined || Number(found[4]) > 65_535 ? undefined : Number(found[4]) };
}

function hostOf(text: string | undefined): Host | undefined {
  const host = text === undefined || text === "" ? undefined : parseHost(text);
  return host instanceof Refusal ? undefined : host;
}
