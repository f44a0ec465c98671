import type { AccessRecord } from "./logged-response.ts";

/** How a line of the access log looks. */
export type AccessFormat = "common" | "combined" | "json";

/** A line of the access log, without its end. Bytes of strangers in it are escaped: nothing they send begins a line of its own. */
export function formatAccess(record: AccessRecord, format: AccessFormat, now: number): string {
  return format === "json" ? formatJson(record, now) : formatText(record, format === "combined", now);
}

/** Apache's Common and Combined Log Format, byte for byte: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`. */
function formatText({ request, served, status, bytes }: AccessRecord, combined: boolean, now: number): string {
  const { method, target, httpVersion, rawHeaders, remote } = request;
  const client = served === undefined ? remote.address : served.client;
  // Of what could not be understood the target is all that came.
  const first = escapeText(method === "" ? target : `${method} ${target} HTTP/${httpVersion}`);
  // A space would end the field, which Apache lets it do.
  const user = served?.user === undefined ? "-" : escapeText(served.user).replaceAll(" ", "\\x20");
  const line = `${client ?? "unix:"} - ${user} [${commonTime(now)}] "${first}" ${status} ${bytes === 0 ? "-" : bytes}`;
  if (!combined) return line;
  return `${line} "${headerOf(rawHeaders, "referer")}" "${headerOf(rawHeaders, "user-agent")}"`;
}

function formatJson({ request, served, status, bytes, complete, duration }: AccessRecord, now: number): string {
  const { method, target, httpVersion, rawHeaders, remote } = request;
  return JSON.stringify({
    time: new Date(now).toISOString(),
    id: served?.id,
    client: (served === undefined ? remote.address : served.client) ?? "unix:",
    user: served?.user === undefined ? undefined : readable(served.user),
    method: method === "" ? undefined : method,
    scheme: served?.scheme ?? request.scheme,
    host: served?.host,
    target,
    protocol: method === "" ? undefined : `HTTP/${httpVersion}`,
    status,
    bytes,
    complete,
    duration: Math.round(duration * 1_000) / 1_000,
    upstream: served?.upstream,
    referer: find(rawHeaders, "referer"),
    userAgent: find(rawHeaders, "user-agent"),
  });
}

function headerOf(rawHeaders: readonly string[], lower: string): string {
  const value = find(rawHeaders, lower);
  return value === undefined ? "-" : escapeText(value);
}

function find(rawHeaders: readonly string[], lower: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === lower.length && name.toLowerCase() === lower) return rawHeaders[at + 1];
  }
  return undefined;
}

/** As Apache does (`ap_escape_logitem`): whatever is not visible ASCII, and what would end a field. */
function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(
    /[^ !#-[\]-~]/g,
    (character) => SHORT.get(character) ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

function readable(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

const PLAIN = /^[ !#-[\]-~]*$/;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

let second = -1;
let written = "";

/** `10/Oct/2026:13:55:36 +0200`; made once a second. */
function commonTime(now: number): string {
  const current = Math.floor(now / 1_000);
  if (current === second) return written;
  second = current;
  const date = new Date(now);
  const two = (number: number): string => String(number).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()] ?? ""}/${date.getFullYear()}`;
  written = `${day}:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
  return written;
}
