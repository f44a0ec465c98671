import type { ParseAddressOptions } from "../address.ts";
import { isIPv6 } from "./host.ts";
import { readAddress } from "./read.ts";

/**
 * The right spelling of what was probably meant by a text that is no address: what other servers'
 * configurations call an address, and the usual slips. Undefined when there is no good guess.
 */
export function suggestAddress(text: string, options: ParseAddressOptions): string | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const guess = guessAddress(text.trim());
  return guess === text || typeof readAddress(guess, options) === "string" ? undefined : guess;
}

/** As {@link suggestAddress}, where SCGI may be spoken as well: `scgi://app:4000` is `scgi+tcp://app:4000`. */
export function suggestApplicationAddress(text: string, options: ParseAddressOptions): string | undefined {
  const bare = text.trim();
  // What web servers call it: scgi://app:4000, proxy:unix:/run/app.sock|scgi://localhost
  if (!/^scgi[+:]|\|scgi:/i.test(bare)) return suggestAddress(text, options);
  const socket = bare.replace(/^(?:scgi\+)+/i, "").replace(/^scgi:/i, "fcgi:");
  const guess = typeof readAddress(socket, options) === "string" ? suggestAddress(socket, options) : socket;
  return guess === undefined ? undefined : `scgi+${guess}`;
}

function guessAddress(text: string): string {
  const bare = text
    // Apache: proxy:unix:/run/app.sock|fcgi://localhost
    .replace(/^proxy:/i, "")
    .replace(/\|.*$/, "")
    // PHP frameworks: fastcgi://unix:/run/app.sock
    .replace(/^[a-z][a-z0-9+.-]*:\/\/(?=unix:)/i, "");
  // unix:///run/app.sock, unix://run/app.sock, and Caddy's unix//run/app.sock
  if (/^unix:?\//i.test(bare)) return bare.replace(/^unix:?\/*/i, "unix:/");
  if (/^(?:unix|fd):/i.test(bare)) return bare.replace(/^[a-z]+/i, (kind) => kind.toLowerCase());
  if (/^scgi\b/i.test(bare)) return text;
  const place = bare
    // fcgi://host:9000, http://host:9000, fcgi:///run/app.sock, fcgi:/run/app.sock, tcp:host:9000
    .replace(/^(?:[a-z][a-z0-9+.-]*:\/\/|f(?:ast)?cgi:|tcp:\/?)/i, "");
  if (place.startsWith("@") || /^\.{0,2}\//.test(place) || /\.sock(?:et)?$/i.test(place)) return `unix:${place}`;
  return guessTcp(place.replace(/[/?#].*$/, ""));
}

function guessTcp(place: string): string {
  const [, host = "", port = "9000"] = /^(?:(.*):)?0*([0-9]+)$/.exec(place) ?? [undefined, place.replace(/:$/, "")];
  if (host === "") return `tcp://127.0.0.1:${port}`;
  if (host === "*") return `tcp://0.0.0.0:${port}`;
  return `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
