import { join, resolve } from "node:path";

import { ParamList } from "@x/protocol";
import { addMetaVariables, isSafeScriptPath, splitScriptPath } from "@x/protocol/cgi";

import { UsageError } from "./usage-error.ts";

/** A request as the command line tells it. Strings are as typed. */
export interface RequestLine {
  path: string;
  method: string;
  /** `Name: value` */
  headers: readonly string[];
  /** `NAME=VALUE` */
  params: readonly string[];
  root: string | undefined;
  role: string;
  /** Bytes of the body, if there is one. */
  contentLength: number | undefined;
}

/** What the specification keeps from an authorizer (FastCGI 1.0 §6.3). */
const NOT_FOR_AUTHORIZERS = new Set(["CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"]);

/** The params of an HTTP request for that path, as a web server would send them. */
export function requestParams(line: RequestLine, userAgent: string): ParamList {
  const { path, queryString, requestUri } = splitTarget(line.path);
  const { scriptName, pathInfo } = splitScriptPath(path, [".php"]) ?? { scriptName: path, pathInfo: "" };
  const documentRoot = latin1(resolve(line.root ?? "."));
  const rawHeaders = readHeaders(line, userAgent);
  const host = rawHeaders[rawHeaders.findIndex((name, at) => at % 2 === 0 && /^host$/i.test(name)) + 1] ?? "localhost";
  const [, serverName = host, port = "80"] = /^(.*?)(?::([0-9]+))?$/.exec(host) ?? [];
  const list = new ParamList();
  addMetaVariables(list, {
    method: line.method,
    requestUri,
    queryString,
    protocol: "HTTP/1.1",
    scheme: "http",
    serverName,
    serverPort: Number(port),
    remoteAddress: "127.0.0.1",
    scriptName,
    scriptFilename: documentRoot === "/" ? scriptName : documentRoot + scriptName,
    pathInfo,
    documentRoot,
    contentLength: line.contentLength,
    serverSoftware: userAgent,
    rawHeaders,
    params: new Map(line.params.map(readParam)),
  });
  return line.role === "authorizer" ? without(list, NOT_FOR_AUTHORIZERS) : list;
}

/** The file that a path stands for, on this machine. */
export function fileOf(line: RequestLine): string {
  return join(resolve(line.root ?? "."), Buffer.from(splitTarget(line.path).path, "latin1").toString());
}

function splitTarget(text: string): { path: string; queryString: string; requestUri: string } {
  const requestUri = latin1(text);
  const [, encoded = "", queryString = ""] = /^([^?]*)\??(.*)$/s.exec(requestUri) ?? [];
  if (/%(?![0-9A-Fa-f]{2})/.test(encoded)) throw new UsageError(`The path ${text} has a % that begins no %XX.`);
  const path = encoded.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  if (!isSafeScriptPath(path)) {
    throw new UsageError(
      `The path ${text} has to begin with "/" and hold no "..", no backslash and no control character.`,
    );
  }
  return { path, queryString, requestUri };
}

function readHeaders(line: RequestLine, userAgent: string): string[] {
  const given: string[] = [];
  for (const header of line.headers) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s.exec(header) ?? [];
    if (name === undefined || value === undefined || /[\r\n\0]/.test(value)) {
      throw new UsageError(`A header is written 'Name: value', not ${JSON.stringify(header)}.`);
    }
    given.push(name, latin1(value));
  }
  const names = new Set(given.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  const usual = [
    ["Host", "localhost"],
    ["User-Agent", userAgent],
    ["Accept", "*/*"],
    ...(line.contentLength === undefined ? [] : [["Content-Type", "application/x-www-form-urlencoded"]]),
  ];
  return [...usual.filter(([name]) => !names.has(name!.toLowerCase())).flat(), ...given];
}

function readParam(text: string): [string, string] {
  const [, name, value] = /^([^=\0]+)=([^\0]*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [latin1(name), latin1(value)];
  throw new UsageError(`A param is written NAME=VALUE, not ${JSON.stringify(text)}.`);
}

function without(list: ParamList, names: ReadonlySet<string>): ParamList {
  const kept = new ParamList();
  list.names.forEach((name, index) => {
    if (!names.has(name)) kept.add(name, list.values[index]!);
  });
  return kept;
}

/** The UTF-8 bytes of a text, one character a byte. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
