import { ParamList } from "@x/protocol";
import type { ParamValue } from "@x/protocol";
import { addMetaVariables, isSafeScriptPath, parseContentLength, splitScriptPath } from "@x/protocol/cgi";
import type { ScriptPath } from "@x/protocol/cgi";
import { FastCGIError } from "@x/protocol/errors";

import { contentOf } from "./body-description.ts";
import { fieldOf, toRawHeaders } from "./raw-headers.ts";
import type { RequestDescription } from "./request-description.ts";

/**
 * The variables of an HTTP request, as a web server would send them: RFC 3875 and what nginx and Apache add to it. PHP gets
 * SCRIPT_FILENAME, DOCUMENT_ROOT, PATH_INFO and REDIRECT_STATUS as it wants them; with `script: ""` an application that does its own
 * routing gets the whole path as PATH_INFO.
 *
 * @example
 * const params = toParams({ path: "/blog/index.php/post/7?draft=1", root: "/srv/www" });
 * const { body } = await php.request({ params });
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a path that is not absolute, that climbs (`..`, encoded or not), that has
 * control characters, backslashes or a broken percent-encoding; for a header with a line break; for a length that is none
 */
export function toParams(description: RequestDescription): ParamList {
  const { path, requestUri, queryString } = splitTarget(description);
  const { scriptName, pathInfo } = findScript(path, description);
  const content = contentOf(description.body);
  const rawHeaders = toRawHeaders(description.headers);
  const host = fieldOf(rawHeaders, "host") ?? addField(rawHeaders, "Host", "localhost");
  const [, serverName = host, port] = /^(.*?)(?::([0-9]{1,5}))?$/s.exec(host) ?? [];
  if (content.type !== undefined && fieldOf(rawHeaders, "content-type") === undefined) {
    addField(rawHeaders, "Content-Type", content.type);
  }
  const scheme = description.scheme ?? "http";
  const root = description.root === undefined ? undefined : rootOf(description.root);
  const list = new ParamList();
  addMetaVariables(list, {
    method: description.method ?? (content.present ? "POST" : "GET"),
    requestUri,
    queryString,
    protocol: description.protocol ?? "HTTP/1.1",
    scheme,
    serverName,
    serverPort: description.serverPort ?? Number(port ?? (scheme === "https" ? 443 : 80)),
    serverAddress: description.serverAddress,
    remoteAddress: description.remoteAddress ?? "127.0.0.1",
    remotePort: description.remotePort,
    scriptName,
    scriptFilename: scriptFilename(description, root, scriptName),
    pathInfo,
    documentRoot: root,
    contentLength: lengthOf(description, content.length, rawHeaders),
    remoteUser: description.remoteUser,
    authType: description.authType,
    serverSoftware: description.serverSoftware,
    rawHeaders,
    params: new Map(Object.entries(description.params ?? {}).filter(isGiven)),
  });
  return description.role === "authorizer" ? without(list, NOT_FOR_AUTHORIZERS) : list;
}

/** What the specification keeps from an authorizer (FastCGI 1.0 §6.3). */
const NOT_FOR_AUTHORIZERS: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "SCRIPT_NAME",
]);

function splitTarget(description: RequestDescription): { path: string; requestUri: string; queryString: string } {
  if (typeof description.path !== "string") throw invalid("A request needs a path, such as /index.php.");
  const target = utf8(description.path);
  const mark = target.indexOf("?");
  const encoded = mark < 0 ? target : target.slice(0, mark);
  if (mark >= 0 && description.query !== undefined) {
    throw invalid("The query stands either in the path or in the option query, not in both.");
  }
  const queryString = mark < 0 ? queryOf(description.query) : target.slice(mark + 1);
  if (/%(?![0-9A-Fa-f]{2})/.test(encoded)) throw invalid(`The path ${description.path} has a % that begins no %XX.`);
  const path = encoded.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  requireSafe(path, description.path);
  // A question mark that stands there without a query is part of the target.
  const requestUri = mark < 0 && queryString !== "" ? `${encoded}?${queryString}` : target;
  return { path, requestUri, queryString };
}

function queryOf(query: RequestDescription["query"]): string {
  if (query === undefined) return "";
  if (typeof query === "string") return utf8(query.startsWith("?") ? query.slice(1) : query);
  if (query instanceof URLSearchParams) return query.toString();
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) pairs.append(name, String(value));
  return pairs.toString();
}

function findScript(path: string, { script, root, index = "index.php" }: RequestDescription): ScriptPath {
  if (script === undefined) {
    const whole = root !== undefined && path.endsWith("/") && splitScriptPath(path, [".php"]) === undefined;
    const found = whole ? path + utf8(index) : path;
    return splitScriptPath(found, [".php"]) ?? { scriptName: path, pathInfo: "" };
  }
  const scriptName = utf8(script.replace(/\/+$/, ""));
  if (scriptName !== "") requireSafe(scriptName, script);
  const below = path.startsWith(scriptName) && (path.length === scriptName.length || path[scriptName.length] === "/");
  // A front controller answers for paths that are not its own: they are in REQUEST_URI.
  return { scriptName, pathInfo: below ? path.slice(scriptName.length) : "" };
}

function requireSafe(path: string, told: string): void {
  if (isSafeScriptPath(path)) return;
  throw invalid(`The path ${told} has to begin with "/" and hold no "..", no backslash and no control character.`);
}

function rootOf(root: string): string {
  const text = utf8(root);
  if (text.startsWith("/")) return text.length > 1 ? text.replace(/\/+$/, "") : text;
  throw invalid(`The root ${JSON.stringify(root)} is not absolute; it is the folder as the application sees it.`);
}

function scriptFilename(
  description: RequestDescription,
  root: string | undefined,
  scriptName: string,
): string | undefined {
  if (description.scriptFilename !== undefined) return utf8(description.scriptFilename);
  if (root === undefined) return undefined;
  return root === "/" ? scriptName : root + scriptName;
}

function lengthOf(
  { contentLength }: RequestDescription,
  known: number | undefined,
  rawHeaders: readonly string[],
): number | undefined {
  if (contentLength !== undefined) {
    if (Number.isSafeInteger(contentLength) && contentLength >= 0) return contentLength;
    throw invalid(`contentLength is a number of bytes, not ${String(contentLength)}.`);
  }
  const field = fieldOf(rawHeaders, "content-length");
  const length = field === undefined ? undefined : parseContentLength(field);
  if (field !== undefined && length === undefined)
    throw invalid(`Content-Length is no number: ${JSON.stringify(field)}.`);
  if (known !== undefined && length !== undefined && known !== length) {
    throw invalid(`The body has ${known} bytes, and the header Content-Length says ${length}.`);
  }
  return known ?? length;
}

function addField(rawHeaders: string[], name: string, value: string): string {
  rawHeaders.push(name, value);
  return value;
}

function isGiven(entry: readonly [string, ParamValue | undefined]): entry is [string, ParamValue] {
  return entry[1] !== undefined;
}

function without(list: ParamList, names: ReadonlySet<string>): ParamList {
  const kept = new ParamList();
  list.names.forEach((name, index) => {
    if (!names.has(name)) kept.add(name, list.values[index]!);
  });
  return kept;
}

/** The UTF-8 bytes of a text, one character a byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
}
