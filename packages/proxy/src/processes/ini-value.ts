import { FastCGIError } from "@x/protocol/errors";

/**
 * A value as php.ini and php-fpm's own files take it, in single quotes: they take everything as it stands, but themselves.
 *
 * @param name for the message
 * @throws `FCGI_ERR_CONFIG` for a value that cannot be written so
 */
export function quoteIniValue(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  if (/['\u0000-\u001f\u007f]/.test(value))
    throw problem(`the value of ${name} may hold neither a single quote nor control characters.`);
  return `'${value}'`;
}

/** A limit of bytes as `post_max_size` and `upload_max_filesize` take it: 0 is none. */
export function iniByteLimit(bytes: number): string {
  return bytes === Infinity ? "0" : String(bytes);
}

/** The name of a php.ini value. @throws `FCGI_ERR_CONFIG` for a text that can be none */
export function checkIniName(name: string): string {
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) throw problem(`${JSON.stringify(name)} is no name of a php.ini value.`);
  return name;
}

function problem(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
