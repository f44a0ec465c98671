import type { RoleName } from "../dispatcher.ts";
import type { MockCall } from "./mock-call.ts";

/** A text as it is, a pattern, or a function that says yes or no. */
export type TextMatcher = string | RegExp | ((text: string) => boolean);

/** Which requests an interceptor is for: all that is given must fit. */
export interface MockMatcher {
  /** The path with its query, unless `query` is given. */
  path?: TextMatcher | undefined;
  /** The query's names and values; the order does not matter. */
  query?: Readonly<Record<string, string>> | undefined;
  /** @default "GET" */
  method?: TextMatcher | undefined;
  /** Variables, such as SCRIPT_FILENAME; those that are not named may be anything. */
  params?: Readonly<Record<string, TextMatcher>> | undefined;
  /** Headers by name, in either case. */
  headers?: Readonly<Record<string, TextMatcher>> | undefined;
  /** FCGI_STDIN, read as UTF-8. */
  body?: TextMatcher | undefined;
  /** @default any */
  role?: RoleName | undefined;
}

export function matches(matcher: MockMatcher, call: MockCall): boolean {
  const { path, query, method = "GET", params = {}, headers = {}, body, role } = matcher;
  const [bare, search = ""] = split(call.path);
  return (
    fits(method, call.method) &&
    (role === undefined || role === call.role) &&
    (path === undefined || fits(path, query === undefined ? call.path : bare)) &&
    (query === undefined || sameQuery(query, search)) &&
    Object.entries(params).every(([name, value]) => fits(value, call.params[name])) &&
    Object.entries(headers).every(([name, value]) => fits(value, call.headers[name.toLowerCase()])) &&
    (body === undefined || fits(body, call.text))
  );
}

/** A matcher in few words, for messages. */
export function describeMatcher({ method = "GET", path, query, params = {} }: MockMatcher): string {
  const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
  const where = Object.entries(params).map(([name, value]) => ` ${name}=${show(value)}`);
  return `${show(method)} ${path === undefined ? "any path" : show(path)}${search}${where.join("")}`;
}

function show(matcher: TextMatcher): string {
  return typeof matcher === "function" ? "(a function)" : String(matcher);
}

function fits(matcher: TextMatcher, text: string | undefined): boolean {
  if (text === undefined) return false;
  if (typeof matcher === "string") return matcher === text;
  if (typeof matcher === "function") return matcher(text);
  // A pattern with the flag g remembers where it was.
  matcher.lastIndex = 0;
  return matcher.test(text);
}

function split(path: string): [string, string?] {
  const mark = path.indexOf("?");
  return mark < 0 ? [path] : [path.slice(0, mark), path.slice(mark + 1)];
}

function sameQuery(wanted: Readonly<Record<string, string>>, search: string): boolean {
  const [own, other] = [new URLSearchParams(wanted), new URLSearchParams(search)];
  own.sort();
  other.sort();
  return own.toString() === other.toString();
}
