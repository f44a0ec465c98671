import { FastCGIError } from "../errors.ts";
import { snippet } from "../snippet.ts";
import { latin1Bytes } from "../text.ts";
import { FIELD_NAME, FIELD_VALUE } from "./field-syntax.ts";

/**
 * Writes the head of a CGI response (RFC 3875 §6.2): the Status line, the headers as given, the empty
 * line. Nothing is added, so no Date, Content-Type or Connection that the application did not ask for.
 *
 * @param statusCode 200–599, or 103 for Early Hints
 * @param statusText the reason phrase, may be empty
 * @param rawHeaders names and values in turn, latin-1; order and duplicates are kept
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for what could end a line early or that no server
 * would take: control characters, characters above U+00FF, bad names, Status among the headers
 */
export function encodeResponseHead(statusCode: number, statusText: string, rawHeaders: readonly string[]): Uint8Array {
  if (!Number.isInteger(statusCode) || ((statusCode < 200 || statusCode > 599) && statusCode !== 103)) {
    throw invalid(`A response cannot have the status ${statusCode}.`);
  }
  if (!FIELD_VALUE.test(statusText)) throw invalid(`Not a reason phrase: ${snippet(statusText)}`);
  if (rawHeaders.length % 2 !== 0) throw invalid("The last header has a name but no value.");
  let text = statusText === "" ? `Status: ${statusCode}\r\n` : `Status: ${statusCode} ${statusText}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    if (!FIELD_NAME.test(name)) throw invalid(`Not a header name: ${snippet(name)}`);
    if (!FIELD_VALUE.test(value)) {
      throw invalid(`The header ${name} has a character that headers cannot have: ${snippet(value)}`);
    }
    if (name.length === 6 && name.toLowerCase() === "status") {
      throw invalid("The status is an argument of its own, not a header.");
    }
    text += `${name}: ${value}\r\n`;
  }
  return latin1Bytes(`${text}\r\n`);
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "response-head" });
}
