/**
 * Variables that decide which request this is, where it came from, what it runs and how: no answer of an authorizer replaces them.
 * `HTTP_*` is what the client said, `PHP_VALUE` and `PHP_ADMIN_VALUE` are orders to PHP, and the last line loads code into a CGI program.
 */
const DENIED =
  /^(?:CONTENT_|DOCUMENT_|FCGI_|GATEWAY_|HTTP_|ORIG_|PATH_|PHP_|QUERY_|REDIRECT_|REQUEST_|SCRIPT_|SERVER_|UNENCODED_|URL$|HTTPS$|SCGI$|REMOTE_(?:ADDR|HOST|PORT)$|(?:BASH|DYLD|LD|NODE)_|PERL5|PYTHON|RUBY(?:LIB|OPT)$|(?:ENV|HOME|IFS|PATH|SHELL|TMPDIR)$)/;

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const PREFIX = /^variable-/i;

/** May an authorizer give this variable to the application? Names are compared as CGI writes them: capitals and underscores. */
export function mayBeGiven(name: string): boolean {
  return NAME.test(name) && !DENIED.test(name.toUpperCase().replaceAll("-", "_"));
}

/**
 * The variables in the head of an authorizer's answer (FastCGI 1.0 §6.3): `Variable-AUTH_METHOD: x` is AUTH_METHOD, as written. The
 * last of a name counts; those that an authorizer must not give are left out.
 *
 * @param rawHeaders names and values in turn
 */
export function readVariables(rawHeaders: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] as string;
    if (!PREFIX.test(header)) continue;
    const name = header.slice("variable-".length);
    if (mayBeGiven(name)) variables.set(name, rawHeaders[at + 1] as string);
  }
  return variables;
}

/** The head of a refusal, as a client may see it: variables are for the server alone. */
export function withoutVariables(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!PREFIX.test(rawHeaders[at] as string)) kept.push(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }
  return kept;
}
