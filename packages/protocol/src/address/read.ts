import type { Address, ParseAddressOptions } from "../address.ts";
import { hostProblem, isIPv6 } from "./host.ts";

/** `sun_path` has 108 bytes, the last a NUL; an abstract name has the NUL in front (Linux unix(7)). */
const MAX_SOCKET_NAME = 107;

/**
 * Reads an address.
 *
 * @returns the address, or what is wrong as the rest of a sentence that begins with "The address …"
 */
export function readAddress(text: string, options: ParseAddressOptions): Address | string {
  if (typeof text !== "string") return "is not text";
  if (text === "") return "is empty";
  if (text.trim() !== text) return "has white space around it";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x1f\x7f]/.test(text)) return "has a control character in it";
  if (text.startsWith("unix:@")) return readAbstract(text.slice(6));
  if (text.startsWith("unix:")) return readUnix(text.slice(5));
  if (text.startsWith("tcp://")) return readTcp(text.slice(6), options.ephemeral === true);
  if (text.startsWith("fd:")) return readFd(text.slice(3), options.fd === true);
  if (/^scgi\+(?:unix:|tcp:\/\/)/.test(text))
    return "is of an application that speaks SCGI, and here FastCGI is spoken";
  return `does not begin with unix: or tcp://${options.fd === true ? " or fd:" : ""}`;
}

function readAbstract(name: string): Address | string {
  if (name === "") return "has no name after unix:@";
  const bytes = utf8Length(name);
  if (bytes > MAX_SOCKET_NAME) return `has a name of ${bytes} bytes, and ${MAX_SOCKET_NAME} are the most for a socket`;
  return { kind: "abstract", name };
}

function readUnix(path: string): Address | string {
  if (path === "") return "has no path after unix:";
  if (path.startsWith("//")) return "has slashes after unix: that belong to no path";
  const bytes = utf8Length(path);
  if (bytes > MAX_SOCKET_NAME) return `has a path of ${bytes} bytes, and ${MAX_SOCKET_NAME} are the most for a socket`;
  return { kind: "unix", path };
}

function readTcp(rest: string, ephemeral: boolean): Address | string {
  if (/[/?#]/.test(rest)) return "goes on after the port";
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(rest);
  if (bracketed === null && rest.startsWith("[")) return "has a bracket that does not end right before the port";
  const colon = rest.lastIndexOf(":");
  if (bracketed === null && rest.indexOf(":") !== colon) return "has an IPv6 address without brackets";
  const host = bracketed === null ? rest.slice(0, colon < 0 ? rest.length : colon) : bracketed[1];
  const port = bracketed === null ? (colon < 0 ? undefined : rest.slice(colon + 1)) : bracketed[2];
  if (host === undefined || host === "") return "has no host";
  if (bracketed !== null && !isIPv6(host))
    return `has brackets around ${JSON.stringify(host)}, which is no IPv6 address`;
  const problem = bracketed === null ? hostProblem(host) : undefined;
  if (problem !== undefined) return problem;
  if (port === undefined || port === "") return "has no port";
  if (port === "0" && !ephemeral) return "has port 0, on which one can listen but not call";
  if (!/^(?:0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535) {
    return `has the port ${JSON.stringify(port)}, which is no number from 1 to 65535`;
  }
  return { kind: "tcp", host: host.replace(/^[^%]+/, (name) => name.toLowerCase()), port: Number(port) };
}

function readFd(number: string, allowed: boolean): Address | string {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(number)) return "has no number of a file descriptor after fd:";
  if (!allowed) return "is a socket that is open already, on which one can listen but not call";
  return { kind: "fd", fd: Number(number) };
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
  }
  return bytes;
}
