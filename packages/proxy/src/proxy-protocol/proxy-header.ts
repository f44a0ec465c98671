import { SocketAddress, isIP } from "node:net";

import type { Endpoint } from "../gateway-request.ts";
import { plainAddress } from "../http/addresses.ts";

/** What a PROXY protocol header says. */
export interface ProxyHeader {
  /** Bytes of it. */
  readonly length: number;
  /** undefined: it names nobody, and the connection itself counts (a health check, or an unknown family). */
  readonly ends: { readonly remote: Endpoint; readonly local: Endpoint } | undefined;
}

/** `\r\n\r\n\0\r\nQUIT\n` */
const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const TEXT = Buffer.from("PROXY ", "latin1");
/** The longest line of version 1, with its end (HAProxy's specification §2.1). */
const MAX_LINE = 107;
/** Bytes of addresses and TLVs in version 2 that are waited for (nginx: 4096 for all). */
const MAX_REST = 4_080;

const TCP4 = 0x11;
const TCP6 = 0x21;
/** Of each family with its transport, and of none: UNIX sockets and datagrams, which name no client of ours. */
const UNNAMED: readonly number[] = [0x00, 0x12, 0x22, 0x31, 0x32];
const LOCAL = 0x20;
const PROXY = 0x21;

/**
 * Reads a header of the PROXY protocol, version 1 or 2, at the beginning of a connection.
 *
 * @returns `"more"` when the rest of it has to come yet, `"bad"` when it is none
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | "more" | "bad" {
  if (bytes[0] === SIGNATURE[0]) return parseBinary(bytes);
  return parseText(bytes);
}

function parseText(bytes: Buffer): ProxyHeader | "more" | "bad" {
  if (!startsAlike(bytes, TEXT)) return "bad";
  const end = bytes.subarray(0, MAX_LINE).indexOf("\r\n", 0, "latin1");
  if (end < 0) return bytes.length < MAX_LINE ? "more" : "bad";
  const [, family, from = "", to = "", fromPort = "", toPort = "", ...rest] = bytes
    .toString("latin1", 0, end)
    .split(" ");
  const length = end + 2;
  if (family === "UNKNOWN") return { length, ends: undefined };
  const version = family === "TCP4" ? 4 : family === "TCP6" ? 6 : -1;
  if (rest.length > 0 || isIP(from) !== version || isIP(to) !== version) return "bad";
  const [remotePort, localPort] = [portOf(fromPort), portOf(toPort)];
  if (remotePort === undefined || localPort === undefined) return "bad";
  return { length, ends: { remote: endpoint(from, remotePort), local: endpoint(to, localPort) } };
}

function portOf(text: string): number | undefined {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : 65_536;
  return port > 65_535 ? undefined : port;
}

function parseBinary(bytes: Buffer): ProxyHeader | "more" | "bad" {
  if (!startsAlike(bytes, SIGNATURE)) return "bad";
  if (bytes.length < 16) return "more";
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const rest = bytes.readUInt16BE(14);
  if ((command !== LOCAL && command !== PROXY) || rest > MAX_REST) return "bad";
  const length = 16 + rest;
  if (bytes.length < length) return "more";
  if (command === LOCAL) return { length, ends: undefined };
  // What stands behind the addresses (TLVs) is somebody else's.
  if (family === TCP4 && rest >= 12) {
    const ip = (at: number): string => bytes.subarray(at, at + 4).join(".");
    return { length, ends: ends(ip(16), ip(20), bytes, 24) };
  }
  if (family === TCP6 && rest >= 36) {
    const ip = (at: number): string => {
      const words: string[] = [];
      for (let word = 0; word < 8; word++) words.push(bytes.readUInt16BE(at + 2 * word).toString(16));
      return shortest(words.join(":"));
    };
    return { length, ends: ends(ip(16), ip(32), bytes, 48) };
  }
  return UNNAMED.includes(family) ? { length, ends: undefined } : "bad";
}

function ends(from: string, to: string, bytes: Buffer, at: number): NonNullable<ProxyHeader["ends"]> {
  return { remote: endpoint(from, bytes.readUInt16BE(at)), local: endpoint(to, bytes.readUInt16BE(at + 2)) };
}

function endpoint(address: string, port: number): Endpoint {
  return { address, port };
}

/** As every other part of the program spells it (RFC 5952). */
function shortest(address: string): string {
  const spelled = new SocketAddress({ address, family: "ipv6" }).address;
  return plainAddress(spelled);
}

/** Are all bytes that have come those of the beginning? */
function startsAlike(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.compare(beginning, 0, length, 0, length) === 0;
}
