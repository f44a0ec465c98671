import { resolve } from "node:path";

import type { ParamList } from "@x/protocol";
import { isFastCGIError } from "@x/protocol/errors";

import type { RoleName } from "../dispatcher.ts";
import { toParams } from "../to-params.ts";
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
  /** SCRIPT_NAME, where it does not follow from the path. */
  script: string | undefined;
  role: RoleName;
  /** Bytes of the body, if there is one. */
  contentLength: number | undefined;
  /** Of the body, unless a header says another. */
  contentType: string | undefined;
}

/** The params of an HTTP request for that path, as a web server would send them. */
export function requestParams(line: RequestLine, userAgent: string): ParamList {
  const { path, method, contentLength, role } = line;
  try {
    return toParams({
      path,
      method,
      root: resolve(line.root ?? "."),
      script: line.script,
      // Without a root it may be for any application, whose / is no file.
      index: line.root === undefined ? "" : undefined,
      headers: readHeaders(line, userAgent),
      contentLength,
      role,
      serverSoftware: userAgent,
      params: Object.fromEntries(line.params.map(readParam)),
    });
  } catch (error) {
    throw isFastCGIError(error, "FCGI_ERR_INVALID_ARGUMENT") ? new UsageError(error.message) : error;
  }
}

/** The file that the params name, on this machine. */
export function fileOf(params: ParamList): string {
  const name = params.values[params.names.indexOf("SCRIPT_FILENAME")];
  return Buffer.from(String(name), "latin1").toString();
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
    ["User-Agent", userAgent],
    ["Accept", "*/*"],
    ...(line.contentType === undefined ? [] : [["Content-Type", line.contentType]]),
  ];
  return [...usual.filter(([name]) => !names.has(name!.toLowerCase())).flat(), ...given];
}

function readParam(text: string): [string, string] {
  const [, name, value] = /^([^=\0]+)=([^\0]*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [latin1(name), latin1(value)];
  throw new UsageError(`A param is written NAME=VALUE, not ${JSON.stringify(text)}.`);
}

/** The UTF-8 bytes of a text, one character a byte. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
