import { FastCGIError } from "../errors.ts";
import type { ParamList, ParamValue } from "../param-list.ts";
import { addHeaderParams } from "./header-params.ts";
import { GATEWAY_INTERFACE, REDIRECT_STATUS } from "./static-meta-variables.ts";
import type { StaticMetaVariables } from "./static-meta-variables.ts";

/**
 * One HTTP request, as a gateway knows it. Strings are latin-1, one character a byte; paths are decoded
 * and clean, see `isSafeScriptPath`.
 */
export interface RequestDescription {
  /** REQUEST_METHOD (RFC 3875 §4.1.12). */
  method: string;
  /** REQUEST_URI: path and query as received, never decoded. */
  requestUri: string;
  /** QUERY_STRING (RFC 3875 §4.1.7): still encoded, without the question mark; empty when there is none. */
  queryString: string;
  /** SERVER_PROTOCOL (RFC 3875 §4.1.16), such as `HTTP/1.1`. */
  protocol: string;
  /** REQUEST_SCHEME; with `https` also HTTPS=on. */
  scheme: "http" | "https";
  /**
   * How the server's own connection is encrypted: SSL_PROTOCOL and SSL_CIPHER (Apache's mod_ssl, nginx's `$ssl_protocol` and
   * `$ssl_cipher`), and SSL_TLS_SNI, the name that the client asked for.
   */
  encryption?:
    | {
        /** SSL_PROTOCOL, such as `TLSv1.3`. */
        readonly protocol: string;
        /** SSL_CIPHER, as OpenSSL spells it. */
        readonly cipher: string;
        /** SSL_TLS_SNI; undefined: the client named none. */
        readonly serverName?: string | undefined;
      }
    | undefined;
  /** SERVER_NAME (RFC 3875 §4.1.14): the host of the request without its port. */
  serverName: string;
  /** SERVER_PORT (RFC 3875 §4.1.15). */
  serverPort: number;
  /** SERVER_ADDR, unless the request came over a UNIX socket. */
  serverAddress?: string | undefined;
  /** REMOTE_ADDR (RFC 3875 §4.1.8); `unix:` for a UNIX socket, as nginx has it. */
  remoteAddress: string;
  /** REMOTE_PORT, unless the request came over a UNIX socket. */
  remotePort?: number | undefined;
  /** SCRIPT_NAME (RFC 3875 §4.1.13). */
  scriptName: string;
  /** SCRIPT_FILENAME: the script's file as the application sees it. PHP runs nothing without it. */
  scriptFilename?: string | undefined;
  /** PATH_INFO (RFC 3875 §4.1.5); nothing is sent for an empty one. */
  pathInfo?: string | undefined;
  /**
   * PATH_TRANSLATED (RFC 3875 §4.1.6), sent with PATH_INFO only.
   *
   * @default documentRoot + pathInfo, if there is a documentRoot and pathInfo does not climb out of it
   */
  pathTranslated?: string | undefined;
  /** DOCUMENT_ROOT, as the application sees it. */
  documentRoot?: string | undefined;
  /**
   * DOCUMENT_URI, nginx's path of the request after rewriting.
   *
   * @default scriptName + pathInfo
   */
  documentUri?: string | undefined;
  /**
   * CONTENT_LENGTH (RFC 3875 §4.1.2): bytes of the body after transfer coding is removed, exactly what
   * goes out as STDIN. Undefined when the request has no body.
   */
  contentLength?: number | undefined;
  /** REMOTE_USER (RFC 3875 §4.1.11), of the server's own authentication only. */
  remoteUser?: string | undefined;
  /** AUTH_TYPE (RFC 3875 §4.1.1). */
  authType?: string | undefined;
  /**
   * SERVER_SOFTWARE (RFC 3875 §4.1.17).
   *
   * @default "x-fastcgi"
   */
  serverSoftware?: string | undefined;
  /** The request's headers, names and values in turn. */
  rawHeaders: readonly string[];
  /**
   * Variables that the server sets for this request. They win over all others but the configured ones in
   * {@link StaticMetaVariables}. This is where the server's own headers go, such as
   * HTTP_X_FORWARDED_FOR: from here they replace the client's, and its Connection header cannot remove them.
   */
  params?: ReadonlyMap<string, ParamValue> | undefined;
}

/**
 * Adds the meta-variables of a request: those of RFC 3875 §4.1 and the ones beside them that nginx's
 * `fastcgi_params` and Apache set and PHP applications read. Each name is added once.
 *
 * @param params made as `new ParamList(fixed.encoded)` when `fixed` is given
 * @param fixed variables already in `params`, which are left alone
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a header value with CR, LF or NUL, for a
 * scriptFilename that PHP-FPM would rewrite, and when `params` lacks the variables of `fixed`
 */
export function addMetaVariables(
  params: ParamList,
  description: RequestDescription,
  fixed?: StaticMetaVariables,
): void {
  if (fixed !== undefined && params.preEncoded !== fixed.encoded) {
    throw invalid("The params were not made from the fixed variables.");
  }
  const own = description.params;
  const set = fixed?.names;
  const lengths = fixed?.lengths ?? ALL_LENGTHS;
  const isSet = (name: string): boolean => (lengths & (1 << name.length)) !== 0 && set?.has(name) === true;
  // Looked up for each variable: most requests have no variables of their own.
  const taken = own === undefined || own.size === 0 ? isSet : (name: string): boolean => own.has(name) || isSet(name);

  if (fixed === undefined) addServerVariables(params, description, taken);
  addRequestVariables(params, description, taken);
  addPathVariables(params, description, taken);
  addHeaderParams(params, description.rawHeaders, taken);
  own?.forEach((value, name) => {
    if (!isSet(name)) params.add(name, value);
  });
}

type Taken = (name: string) => boolean;

const LETTER_P = 0x70;

/** Of {@link StaticMetaVariables.lengths}: any may be among them. */
const ALL_LENGTHS = -1;

function put(params: ParamList, taken: Taken, name: string, value: string | undefined): void {
  if (value !== undefined && !taken(name)) params.add(name, value);
}

function addServerVariables(params: ParamList, description: RequestDescription, taken: Taken): void {
  put(params, taken, "GATEWAY_INTERFACE", GATEWAY_INTERFACE);
  put(params, taken, "SERVER_SOFTWARE", description.serverSoftware ?? "x-fastcgi");
  put(params, taken, "REDIRECT_STATUS", REDIRECT_STATUS);
}

function addRequestVariables(params: ParamList, description: RequestDescription, taken: Taken): void {
  const { remotePort, contentLength } = description;
  put(params, taken, "REQUEST_METHOD", description.method);
  put(params, taken, "REQUEST_URI", description.requestUri);
  put(params, taken, "QUERY_STRING", description.queryString);
  put(params, taken, "SERVER_PROTOCOL", description.protocol);
  put(params, taken, "REQUEST_SCHEME", description.scheme);
  // An application that only asks whether it is set would take "off" for encrypted.
  if (description.scheme === "https") put(params, taken, "HTTPS", "on");
  const { encryption } = description;
  if (encryption !== undefined) {
    put(params, taken, "SSL_PROTOCOL", encryption.protocol);
    put(params, taken, "SSL_CIPHER", encryption.cipher);
    put(params, taken, "SSL_TLS_SNI", encryption.serverName);
  }
  put(params, taken, "SERVER_NAME", description.serverName);
  put(params, taken, "SERVER_PORT", String(description.serverPort));
  put(params, taken, "SERVER_ADDR", description.serverAddress);
  put(params, taken, "REMOTE_ADDR", description.remoteAddress);
  if (remotePort !== undefined) put(params, taken, "REMOTE_PORT", String(remotePort));
  put(params, taken, "REMOTE_USER", description.remoteUser);
  put(params, taken, "AUTH_TYPE", description.authType);
  if (contentLength !== undefined) put(params, taken, "CONTENT_LENGTH", String(contentLength));
}

function addPathVariables(params: ParamList, description: RequestDescription, taken: Taken): void {
  const { scriptName, scriptFilename, documentRoot, pathInfo = "" } = description;
  // PHP-FPM cuts `proxy:fcgi://host:port` off, which Apache puts in front: another file than the one checked.
  if (
    scriptFilename !== undefined &&
    (scriptFilename.charCodeAt(0) | 0x20) === LETTER_P &&
    /^proxy:/i.test(scriptFilename)
  ) {
    throw invalid("A scriptFilename cannot begin with proxy:, since PHP-FPM would rewrite it.");
  }
  put(params, taken, "SCRIPT_NAME", scriptName);
  put(params, taken, "SCRIPT_FILENAME", scriptFilename);
  put(params, taken, "DOCUMENT_ROOT", documentRoot);
  put(params, taken, "DOCUMENT_URI", description.documentUri ?? scriptName + pathInfo);
  // Never an empty PATH_INFO: with one, old PHP-FPM read before the start of its buffer (CVE-2019-11043).
  if (pathInfo === "") return;
  put(params, taken, "PATH_INFO", pathInfo);
  put(params, taken, "PATH_TRANSLATED", description.pathTranslated ?? translated(documentRoot, pathInfo));
}

function translated(documentRoot: string | undefined, pathInfo: string): string | undefined {
  if (documentRoot === undefined || !pathInfo.startsWith("/") || /\/\.\.(?:\/|$)/.test(pathInfo)) return undefined;
  return documentRoot.endsWith("/") ? documentRoot + pathInfo.slice(1) : documentRoot + pathInfo;
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
}
