import type { AddressInfo } from "node:net";

import type { ListenRules } from "../config/listen-config.ts";
import type { ListenPlace } from "../config/resolved-config.ts";

/** Where the server listens, as the kernel has it: a port 0 has become a real one. */
export interface ListenAddress {
  /** A TCP port or a UNIX socket. */
  readonly kind: "tcp" | "unix";
  /** As in the configuration: `127.0.0.1:8080`, `unix:/run/site.sock`. */
  readonly text: string;
  /** For a browser on this machine; undefined for a UNIX socket. */
  readonly url: string | undefined;
  /** Undefined for a UNIX socket. */
  readonly port: number | undefined;
}

/** Puts what was asked for and what the kernel made of it together. */
export function listenAddress(
  wanted: ListenPlace & Partial<ListenRules>,
  bound: AddressInfo | string | null,
): ListenAddress {
  if (wanted.kind === "unix" || bound === null || typeof bound === "string") {
    return { kind: "unix", text: wanted.text, url: undefined, port: undefined };
  }
  const { port } = bound;
  // "All addresses" is no address to go to.
  const host =
    wanted.host === undefined || wanted.host === "0.0.0.0" || wanted.host === "::"
      ? "localhost"
      : bracketed(wanted.host);
  const text = `${wanted.host === undefined ? "" : bracketed(wanted.host)}:${port}`;
  return { kind: "tcp", text, url: `${wanted.tls === undefined ? "http" : "https"}://${host}:${port}`, port };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
