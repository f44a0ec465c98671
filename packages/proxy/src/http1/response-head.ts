import { STATUS_CODES } from "node:http";

import { ownText } from "../own-text.ts";

/** Fields of a response that decide about what we add. */
export interface ResponseFields {
  /** The Content-Length; -1: there is none. */
  length: number;
  hasDate: boolean;
}

// oxlint-disable-next-line no-control-regex -- what may not stand in a value (RFC 9110 §5.5)
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const BAD_NAME = /[^\w!#$%&'*+.^`|~-]/;

/** May it stand before a colon? */
export function isFieldName(name: string): boolean {
  return name !== "" && !BAD_NAME.test(name);
}

/** May it stand behind one? */
export function isFieldValue(value: string): boolean {
  return !BAD_VALUE.test(value);
}

/** Lines that are kept, and the longest that is. */
const LINES = 32;
const LONGEST = 512;

/** A field line of the last response, at the same place. */
interface LastLine {
  name: string;
  value: string;
  /** What was written, once it has been the same twice; empty before. */
  line: string;
}

/** Most lines stay the same from one response to the next, and then need neither be checked nor joined again. */
const lastLines: readonly LastLine[] = Array.from({ length: LINES }, () => ({ name: "", value: "", line: "" }));

/** Notes a line that was found fit to be sent. It is copied when it comes again: a part of a head would keep all of that. */
function note(last: LastLine, name: string, value: string, line: string): void {
  if (last.name === name && last.value === value) {
    last.name = ownText(name);
    last.value = ownText(value);
    last.line = ownText(line);
  } else {
    last.name = name;
    last.value = value;
    last.line = "";
  }
}

const DIGITS = /^[0-9]{1,15}$/;

const statusLines: (string | undefined)[] = [];

/** `HTTP/1.1 200 OK` with its line end; the client's version does not matter (RFC 9112 §2.3). */
export function statusLine(statusCode: number, statusText: string | undefined): string {
  const usual = STATUS_CODES[statusCode];
  if (statusText !== undefined && statusText !== "" && statusText !== usual) {
    if (BAD_VALUE.test(statusText)) throw new Error("The reason phrase holds a byte that it may not.");
    return `HTTP/1.1 ${statusCode} ${statusText}\r\n`;
  }
  return (statusLines[statusCode] ??= `HTTP/1.1 ${statusCode} ${usual ?? "unknown"}\r\n`);
}

/**
 * The field lines of a response.
 *
 * @param found what stands in them
 * @throws when a name or a value could be read as something else
 */
export function fieldLines(rawHeaders: readonly string[], found: ResponseFields): string {
  let text = "";
  found.length = -1;
  found.hasDate = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const last = lastLines[at >> 1];
    if (last !== undefined && last.line !== "" && last.name === name && last.value === value) {
      text += last.line;
      continue;
    }
    if (name === "" || BAD_NAME.test(name) || BAD_VALUE.test(value))
      throw new Error(`The field ${JSON.stringify(name)} cannot be sent.`);
    let special = false;
    if (name.length === 14) {
      if (name === "Content-Length" || name.toLowerCase() === "content-length") {
        if (found.length >= 0 || !DIGITS.test(value)) throw new Error("The Content-Length is not one number.");
        found.length = Number(value);
        special = true;
      }
    } else if (name.length === 4 && name.toLowerCase() === "date") found.hasDate = special = true;
    const line = `${name}: ${value}\r\n`;
    if (last !== undefined && !special && line.length <= LONGEST) note(last, name, value, line);
    text += line;
  }
  return text;
}

let second = 0;
let line = "";

/** The Date field of now (RFC 9110 §6.6.1), made once a second. */
export function dateLine(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1_000).toUTCString()}\r\n`;
  }
  return line;
}
