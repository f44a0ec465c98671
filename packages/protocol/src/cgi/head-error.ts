import { FastCGIError } from "../errors.ts";
import { snippet } from "../snippet.ts";
import { FIELD_NAME } from "./field-syntax.ts";

/** A head that breaks RFC 3875 §6. `what` continues the sentence "The application's response head …". */
export function badHead(what: string): FastCGIError<"FCGI_ERR_BAD_RESPONSE_HEAD"> {
  return new FastCGIError("FCGI_ERR_BAD_RESPONSE_HEAD", `The application's response head ${what}.`, {
    phase: "response-head",
  });
}

/** A head over one of the limits. */
export function headOverflow(limit: string): FastCGIError<"FCGI_ERR_HEADERS_OVERFLOW"> {
  return new FastCGIError("FCGI_ERR_HEADERS_OVERFLOW", `The application's response head is longer than ${limit}.`, {
    phase: "response-head",
  });
}

/**
 * The error for a line that is no header field: names the mistake, most of which come from programs that
 * print something before their head.
 *
 * @param line latin-1, without its line end
 */
export function badLine(line: string): FastCGIError<"FCGI_ERR_BAD_RESPONSE_HEAD"> {
  return badHead(`has ${mistake(line)}: ${snippet(line)}`);
}

function mistake(line: string): string {
  if (/^[ \t]/.test(line)) return "a folded line, which CGI does not have (RFC 3875 §6.3)";
  if (/^HTTP\/[0-9]/.test(line)) return 'an HTTP status line, where CGI has "Status: 200 OK" (RFC 3875 §6.3.3)';
  const colon = line.indexOf(":");
  if (colon < 0) return "a line without a colon; headers come first, then an empty line, then the body";
  const name = line.slice(0, colon);
  if (name === "") return "a header without a name";
  if (/^[^ \t]+[ \t]+$/.test(name)) return "white space between a header's name and its colon";
  if (!FIELD_NAME.test(name)) return "a header name with a character that names cannot have";
  return "a control character in a header's value";
}
