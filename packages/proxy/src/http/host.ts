import { isIPv6 } from "node:net";

import { ownText } from "../own-text.ts";
import { Refusal } from "./refusal.ts";

/** A Host field or an authority, understood. */
export interface Host {
  /** Lower case, without trailing dot; IPv6 addresses in brackets. */
  readonly name: string;
  /** undefined: none was given. */
  readonly port: number | undefined;
}

const NAME = /^[a-z0-9_~-]+(?:\.[a-z0-9_~-]+)*\.?$/;
const AUTHORITY = /^(\[[0-9a-fA-F:.]*\]|[^:[\]]*)(?::(\d{0,5}))?$/;

/** Clients say few different names; who says many pays for the parsing. */
const CACHE_SIZE = 256;
const cache = new Map<string, Host | Refusal>();

/** Reads `example.org`, `example.org:8080`, `127.0.0.1`, `[::1]:80` (RFC 9110 §7.2); everything else is refused with 400. */
export function parseHost(text: string): Host | Refusal {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const host = readHost(text);
  if (cache.size >= CACHE_SIZE) cache.clear();
  if (text.length <= 255) cache.set(ownText(text), host);
  return host;
}

function readHost(text: string): Host | Refusal {
  const found = AUTHORITY.exec(text);
  const written = found?.[1]?.toLowerCase() ?? "";
  const port = found?.[2] === undefined || found[2] === "" ? undefined : Number(found[2]);
  const good = written.startsWith("[") ? isIPv6(written.slice(1, -1)) : NAME.test(written);
  if (!good || (port !== undefined && port > 65535))
    return new Refusal(400, "The Host field is not a host name with an optional port.");
  return { name: written.endsWith(".") ? written.slice(0, -1) : written, port };
}

/** As a client writes it: `example.org:8080`. */
export function formatHost({ name, port }: Host): string {
  return port === undefined ? name : `${name}:${port}`;
}

/** Do two authorities mean the same server? The scheme's own port may be left out. */
export function isSameHost(a: Host, b: Host, scheme: "http" | "https"): boolean {
  const usual = scheme === "https" ? 443 : 80;
  return a.name === b.name && (a.port ?? usual) === (b.port ?? usual);
}
