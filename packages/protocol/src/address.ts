/**
 * Where an application listens, as one line of text: `unix:/run/app.sock`, `unix:@abstract`,
 * `tcp://host:9000`, `tcp://[::1]:9000`, `fd:0`; with `scgi+` before it where SCGI is spoken.
 *
 * @packageDocumentation
 */

import { readAddress } from "./address/read.ts";
import { suggestAddress, suggestApplicationAddress } from "./address/suggest.ts";
import { FastCGIError } from "./errors.ts";

/** A UNIX socket in the file system. */
export interface UnixAddress {
  /** Tells the kinds of {@link Address} apart. */
  kind: "unix";
  /** At most 107 bytes of UTF-8. May be relative: its base is the caller's to choose. */
  path: string;
}

/** A UNIX socket in Linux's abstract namespace: no file, no permissions. */
export interface AbstractAddress {
  /** Tells the kinds of {@link Address} apart. */
  kind: "abstract";
  /** Without the `@`; at most 107 bytes of UTF-8. */
  name: string;
}

/** A TCP port of a host. */
export interface TcpAddress {
  /** Tells the kinds of {@link Address} apart. */
  kind: "tcp";
  /** A name or an IPv4 or IPv6 address, in lower case (an IPv6 zone as given), IPv6 without brackets. */
  host: string;
  /** 1–65535, and 0 (any free port) for listening. */
  port: number;
}

/** A socket that the process was started with (FastCGI 1.0 §2.2). */
export interface FdAddress {
  /** Tells the kinds of {@link Address} apart. */
  kind: "fd";
  /** The number of the file descriptor; 0 is FCGI_LISTENSOCK_FILENO. */
  fd: number;
}

/** Where to connect to or to listen on. */
export type Address = UnixAddress | AbstractAddress | TcpAddress | FdAddress;

/** What an application speaks. */
export type ApplicationProtocol = "fastcgi" | "scgi";

/** Where an application is, and what it speaks there. */
export interface ApplicationAddress {
  /** `scgi+` before the address says SCGI. */
  protocol: ApplicationProtocol;
  /** Of its socket. */
  address: Address;
}

/** What kinds of address make sense to the caller. */
export interface ParseAddressOptions {
  /**
   * Whether `fd:N` is taken: a socket that is open already can be listened on, not connected to.
   *
   * @default false
   */
  fd?: boolean;
  /**
   * Whether port 0, any free port, is taken: it can be listened on, not connected to.
   *
   * @default false
   */
  ephemeral?: boolean;
}

/**
 * Reads an address.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, with a sentence that says what is wrong and shows the right
 * spelling of what was probably meant
 * @example
 * parseAddress("unix:/run/app.sock"); // { kind: "unix", path: "/run/app.sock" }
 * parseAddress("127.0.0.1:9000"); // throws: … does not begin with unix: or tcp://; write "tcp://127.0.0.1:9000".
 */
export function parseAddress(text: string, options: ParseAddressOptions = {}): Address {
  const address = readAddress(text, options);
  if (typeof address !== "string") return address;
  throw badAddress(text, address, suggestAddress(text, options), options);
}

/** The text of an address: what {@link parseAddress} reads back as the same address. */
export function formatAddress(address: Address): string {
  if (address.kind === "abstract") return `unix:@${address.name}`;
  if (address.kind === "fd") return `fd:${address.fd}`;
  if (address.kind === "tcp") {
    return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
  }
  // `unix:@…` and `unix://…` mean something else.
  const { path } = address;
  return `unix:${path.startsWith("@") ? `./${path}` : path.replace(/^\/+/, "/")}`;
}

/** Before the address of an application that speaks SCGI. */
const SCGI = "scgi+";

/**
 * Reads the address of an application that may speak either protocol: that of its socket, with `scgi+` before it if it speaks SCGI.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, as {@link parseAddress} does
 * @example
 * parseApplicationAddress("scgi+tcp://[::1]:4000"); // { protocol: "scgi", address: { kind: "tcp", host: "::1", port: 4000 } }
 * parseApplicationAddress("scgi://app:4000"); // throws: … write "scgi+tcp://app:4000".
 */
export function parseApplicationAddress(text: string, options: ParseAddressOptions = {}): ApplicationAddress {
  if (typeof text !== "string") return { protocol: "fastcgi", address: parseAddress(text, options) };
  const scgi = text.startsWith(SCGI);
  const address = readAddress(scgi ? text.slice(SCGI.length) : text, options);
  if (typeof address !== "string") return { protocol: scgi ? "scgi" : "fastcgi", address };
  throw badAddress(text, address, suggestApplicationAddress(text, options), options);
}

/** The text of an application's address: what {@link parseApplicationAddress} reads back as the same. */
export function formatApplicationAddress({ protocol, address }: ApplicationAddress): string {
  return protocol === "scgi" ? SCGI + formatAddress(address) : formatAddress(address);
}

function badAddress(
  text: string,
  problem: string,
  suggestion: string | undefined,
  options: ParseAddressOptions,
): FastCGIError {
  const hint =
    suggestion === undefined
      ? `an address looks like unix:/run/app.sock or tcp://127.0.0.1:9000${options.fd === true ? " or fd:0" : ""}`
      : `write ${quote(suggestion)}`;
  return new FastCGIError("FCGI_ERR_BAD_ADDRESS", `The address ${quote(text)} ${problem}; ${hint}.`, {
    phase: "configure",
  });
}

/** Quoted for a message: no character that would break the line or turn the text around. */
function quote(text: unknown): string {
  if (typeof text !== "string") return String(text);
  const shown = text.length > 150 ? `${text.slice(0, 150)}…` : text;
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
