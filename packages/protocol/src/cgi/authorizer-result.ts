import type { ResponseHead } from "./response-kind.ts";

/** What an Authorizer has decided about a request (FastCGI 1.0 §6.3). */
export interface AuthorizerResult {
  /** May the request go on? Status 200 alone says so. */
  readonly granted: boolean;
  /** What it adds to the variables of the request, names as it wrote them, latin-1; nothing unless granted. */
  readonly variables: ReadonlyMap<string, string>;
  /** The names it wanted to set and may not, for a log. */
  readonly refused: readonly string[];
  /**
   * What goes to the client with status and body when the request is not granted, names and values in turn. When it is, the
   * fields of the authorizer go nowhere, as its body does.
   */
  readonly rawHeaders: readonly string[];
}

const PREFIX = "variable-";

/**
 * Variables that say what the request is, where it comes from and what is run for it. They are the server's: an authorizer that
 * passes on what a client wrote could otherwise be made to choose the script, or the length of the body.
 */
const SERVERS_OWN: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH",
  "CONTENT_TYPE",
  "CONTEXT_DOCUMENT_ROOT",
  "DOCUMENT_ROOT",
  "DOCUMENT_URI",
  "GATEWAY_INTERFACE",
  "HTTPS",
  "PATH",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "QUERY_STRING",
  "REMOTE_ADDR",
  "REMOTE_HOST",
  "REMOTE_PORT",
  "SCGI",
  "SCRIPT_FILENAME",
  "SCRIPT_NAME",
  "SCRIPT_URI",
  "SCRIPT_URL",
  // PHP sets its own configuration by them, and so runs any code.
  "PHP_ADMIN_VALUE",
  "PHP_VALUE",
]);

/**
 * `HTTP_` are the client's headers, and HTTP_PROXY is a trap; `LD_` and those of the second line decide what a CGI program, or the
 * language that it is written in, loads and runs; ORIG_ and the rest shadow others.
 */
const SERVERS_OWN_PREFIXES =
  /^(?:FCGI_|HTTP_|LD_|ORIG_|REDIRECT_|REQUEST_|SERVER_|SSL_|(?:BASH|DYLD|NODE)_|PERL5|PYTHON|RUBY(?:LIB|OPT)$|(?:ENV|HOME|IFS|SHELL|TMPDIR)$)/;

/**
 * Reads the response of an Authorizer: the fields that begin with `Variable-` are variables for what comes after it, without
 * that prefix and otherwise as written (the specification's text says that `_` becomes `-`, its examples and all servers do not).
 *
 * Refused are the variables that are the server's own, whatever their case, and names of other characters than letters, digits
 * and `_`, which PHP reads as other names. Of equal names the last one wins.
 */
export function readAuthorizerResult(head: ResponseHead): AuthorizerResult {
  const granted = head.statusCode === 200;
  const variables = new Map<string, string>();
  const refused: string[] = [];
  const rawHeaders: string[] = [];
  for (let at = 0; at < head.rawHeaders.length; at += 2) {
    const name = head.rawHeaders[at] as string;
    const value = head.rawHeaders[at + 1] as string;
    const isVariable = name.slice(0, PREFIX.length).toLowerCase() === PREFIX;
    if (!granted) {
      if (!isVariable) rawHeaders.push(name, value);
    } else if (isVariable) {
      const variable = name.slice(PREFIX.length);
      if (mayBeSet(variable)) variables.set(variable, value);
      else refused.push(variable);
    }
  }
  return { granted, variables, refused, rawHeaders };
}

function mayBeSet(name: string): boolean {
  if (!/^[A-Za-z0-9_]+$/.test(name)) return false;
  const upper = name.toUpperCase();
  return !SERVERS_OWN.has(upper) && !SERVERS_OWN_PREFIXES.test(upper);
}
