import { isIPv6 } from "node:net";
import { resolve } from "node:path";

import type { ListenPlace } from "./resolved-config.ts";

/** A place to listen, as it was written. */
export type WrittenListen = ListenPlace & {
  /** Does it begin with https://? */
  readonly https: boolean;
};

const FORMS = '"127.0.0.1:8080", "[::1]:8080", ":8080", "https://0.0.0.0:443" or "unix:/run/site.sock"';
const MAX_PORT = 65_535;
/** sockaddr_un holds 108 bytes with the closing NUL; Node cuts a longer path silently. */
const UNIX_PATH_LIMIT = 107;

/**
 * Reads where to listen.
 *
 * @returns a text that says what is wrong with it, when it cannot be read
 */
export function parseListen(written: string, folder: string): WrittenListen | string {
  const https = written.startsWith("https://");
  const bare = https ? written.slice("https://".length) : written;
  const place = parsePlace(https && /^[^:]+$|\]$/.test(bare) ? `${bare}:443` : bare, folder);
  return typeof place === "string" ? place : { ...place, https };
}

function parsePlace(text: string, folder: string): ListenPlace | string {
  if (text.startsWith("unix:")) return parseUnix(text, folder);
  const found = /^(\[[^\]]*\]|[^:[\]]*):(\d+)$/.exec(text);
  if (found === null) {
    const advice = isIPv6(text)
      ? `: an IPv6 address stands in brackets, as in ${JSON.stringify(`[${text}]:8080`)}.`
      : ".";
    if (/^\d+$/.test(text) && Number(text) > MAX_PORT)
      return `${JSON.stringify(text)} is no port: the last is ${MAX_PORT}.`;
    return /^\d+$/.test(text)
      ? `${JSON.stringify(text)} is a port alone: write ${JSON.stringify(`127.0.0.1:${text}`)}, or ${JSON.stringify(`:${text}`)} for all addresses.`
      : `${JSON.stringify(text)} is not HOST:PORT${advice} Write ${FORMS}.`;
  }
  const host = (found[1] ?? "").replace(/^\[|\]$/g, "");
  const port = Number(found[2]);
  if (port > MAX_PORT) return `${JSON.stringify(text)} has no port between 0 and ${MAX_PORT}.`;
  if (found[1]?.startsWith("[") === true && !isIPv6(host)) return `${JSON.stringify(host)} is not an IPv6 address.`;
  return { kind: "tcp", host: host === "" ? undefined : host, port, text };
}

function parseUnix(text: string, folder: string): ListenPlace | string {
  const written = text.slice("unix:".length);
  if (written === "" || written.includes("\0")) return `${JSON.stringify(text)} names no socket file. Write ${FORMS}.`;
  if (written.startsWith("@"))
    return `${JSON.stringify(text)} is an abstract socket, open to every user of the machine: use a file.`;
  const path = resolve(folder, written);
  if (Buffer.byteLength(path) > UNIX_PATH_LIMIT)
    return `${JSON.stringify(path)} is longer than the ${UNIX_PATH_LIMIT} bytes of a socket path.`;
  return { kind: "unix", path, text: `unix:${path}` };
}
