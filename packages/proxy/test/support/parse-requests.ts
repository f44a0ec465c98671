import type { HeadLimits } from "../../src/http1/head-scanner.ts";
import { DATA, END, HEAD, MALFORMED, RequestParser } from "../../src/http1/request-parser.ts";

/** A request as it was understood. */
interface ParsedRequest {
  method: string;
  target: string;
  version: string;
  headers: readonly string[];
  persistent: boolean;
  body: string;
  complete: boolean;
}

/** What a connection's bytes mean. */
interface Parsed {
  requests: ParsedRequest[];
  /** Status of the refusal, if there was one. */
  refused: number | undefined;
  reason: string | undefined;
  /** The place of the byte behind the last one that was looked at. */
  consumed: number;
}

const LIMITS: HeadLimits = { headBytes: 2_048, headLines: 20 };

/** Reads latin-1 text as the bytes of a connection, cut at these places. */
export function parseRequests(text: string, cuts: readonly number[] = [], limits: HeadLimits = LIMITS): Parsed {
  const parser = new RequestParser(limits);
  const parsed: Parsed = { requests: [], refused: undefined, reason: undefined, consumed: 0 };
  const places = [...cuts, text.length];
  let from = 0;
  for (const to of places) {
    // In the middle of a larger buffer, which is overwritten afterwards as a buffer that is used again would be.
    const bytes = Buffer.from(`??${text.slice(from, to)}??`, "latin1");
    for (let at = 2; at < bytes.length - 2; { at } = parser) {
      step(parser, parsed, bytes, at);
      if (parsed.refused !== undefined) {
        parsed.consumed = from + parser.at - 2;
        return parsed;
      }
    }
    bytes.fill(0xdd);
    from = to;
  }
  parsed.consumed = from;
  return parsed;
}

function step(parser: RequestParser, parsed: Parsed, bytes: Buffer, at: number): void {
  const event = parser.next(bytes, at, bytes.length - 2);
  if (event === HEAD) {
    const { method, target, httpVersion: version, rawHeaders: headers, persistent, complete } = parser;
    parsed.requests.push({ method, target, version, headers, persistent, body: "", complete });
    return;
  }
  const request = parsed.requests.at(-1);
  if (event === DATA && request !== undefined) {
    request.body += bytes.toString("latin1", parser.dataStart, parser.dataEnd);
    request.complete = parser.complete;
  } else if (event === END && request !== undefined) request.complete = true;
  else if (event === MALFORMED) {
    parsed.refused = parser.malformed?.status;
    parsed.reason = parser.malformed?.reason;
  }
}
