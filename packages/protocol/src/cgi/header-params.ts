import { FastCGIError } from "../errors.ts";
import type { ParamList } from "../param-list.ts";
import { snippet } from "../snippet.ts";
import { CONNECTION, CONTENT_TYPE, NONE, variableOf } from "./header-names.ts";

/** Variables of headers that a Connection header cannot take away (CVE-2022-31813). */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  CONTENT_TYPE,
  CONNECTION,
  NONE,
  "HTTP_AUTHORIZATION",
  "HTTP_COOKIE",
  "HTTP_HOST",
]);

/** From so many strings on, a table finds repeated names faster than a walk does. */
const MANY = 128;

/**
 * Adds the request headers as variables: CONTENT_TYPE, and HTTP_* for the rest (RFC 3875 §4.1.18).
 * Repeated headers become one variable, joined by a comma, cookies by a semicolon; the first Content-Type
 * wins. Headers that the client's Connection header names are left out (RFC 9110 §7.6.1).
 *
 * @param taken whether a variable is set elsewhere, so that the header must not touch it
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a value with CR, LF or NUL
 */
export function addHeaderParams(
  params: ParamList,
  rawHeaders: readonly string[],
  taken: (variable: string) => boolean,
): void {
  const { names, values } = params;
  const first = names.length;
  const positions = rawHeaders.length > MANY ? new Map<string, number>() : undefined;
  let nominated: string[] | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const variable = variableOf(rawHeaders[at] as string);
    if (variable === NONE) continue;
    const value = rawHeaders[at + 1] as string;
    if (variable === CONNECTION) {
      nominated = addNominated(nominated, value);
      continue;
    }
    if (LINE_BREAK.test(value)) throw badValue(rawHeaders[at] as string, value);
    if (taken(variable)) continue;
    const position = positions === undefined ? names.indexOf(variable, first) : (positions.get(variable) ?? -1);
    if (position < 0) {
      positions?.set(variable, names.length);
      params.add(variable, value);
    } else if (variable !== CONTENT_TYPE) {
      const separator = variable === "HTTP_COOKIE" ? "; " : ", ";
      values[position] = `${values[position] as string}${separator}${value}`;
    }
  }
  if (nominated !== undefined) remove(params, first, nominated);
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const LINE_BREAK = /[\0\r\n]/;

/** What a Connection header holds in almost every request, and nothing to leave out. */
const USUAL = /^(?:keep-alive|close|upgrade|keep-alive, upgrade)?$/i;

function addNominated(nominated: string[] | undefined, value: string): string[] | undefined {
  if (USUAL.test(value)) return nominated;
  const variables = nominated ?? [];
  for (const option of value.split(",")) {
    const variable = variableOf(option.trim());
    if (!NEVER_NOMINATED.has(variable)) variables.push(variable);
  }
  return variables;
}

function remove(params: ParamList, first: number, nominated: readonly string[]): void {
  const gone = new Set(nominated);
  let kept = first;
  for (let at = first; at < params.names.length; at++) {
    if (gone.has(params.names[at] as string)) continue;
    params.names[kept] = params.names[at] as string;
    params.values[kept] = params.values[at] as string;
    kept++;
  }
  params.names.length = kept;
  params.values.length = kept;
}

function badValue(name: string, value: string): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `The request header ${name} has a line break or NUL in its value: ${snippet(value)}`,
    { phase: "request" },
  );
}
