import { type ErrorPagesConfig, expandErrorPages } from "./error-pages-config.ts";
import { checkHeader } from "./expand-answers.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** What happens to the headers of every response, those of errors too; first `remove`, then `set`, then `add`. */
export interface HeaderRules {
  /** Names that go. */
  remove?: readonly string[] | undefined;
  /** In place of what the response has. */
  set?: Readonly<Record<string, string>> | undefined;
  /** Beside what the response has. */
  add?: Readonly<Record<string, string>> | undefined;
}

/** That browsers ask by https alone (RFC 6797): sent with responses to https requests. */
export interface HstsConfig {
  /** Milliseconds, or a text such as `"1y"`. @default "1y" */
  maxAge?: number | string | undefined;
  /** @default false */
  includeSubDomains?: boolean | undefined;
  /** @default false */
  preload?: boolean | undefined;
}

/** Compression of responses as they go out. */
export interface CompressConfig {
  /** In the order in which they are preferred, where a client likes several as much. @default ["zstd", "br", "gzip"] */
  encodings?: readonly Encoding[] | undefined;
  /** Media types, such as `"text/*"`. @default those that are text */
  types?: readonly string[] | undefined;
  /** A response that is known to be smaller goes out as it is. @default 1024 */
  minBytes?: number | string | undefined;
  /**
   * Compress responses that set cookies, too. Whoever can make a browser send requests and sees their sizes may guess what such a response
   * holds (BREACH).
   *
   * @default false
   */
  withCookies?: boolean | undefined;
}

/** A content coding. */
export type Encoding = "zstd" | "br" | "gzip";

/** What happens to responses. */
export interface ResolvedResponseRules {
  /** Lower case. */
  readonly remove: readonly string[];
  /** Names and values that replace others of the name. */
  readonly set: readonly (readonly [string, string])[];
  /** Names and values beside others of the name. */
  readonly add: readonly (readonly [string, string])[];
  /** The value of Strict-Transport-Security; undefined: none. */
  readonly hsts: string | undefined;
  /** What is compressed, if anything is. */
  readonly compress: ResolvedCompress | undefined;
  /** Paths by status. */
  readonly errorPages: ReadonlyMap<number, string>;
  /** For errors of applications, too? */
  readonly interceptErrors: boolean;
}

/** Compression of responses as they go out. */
export interface ResolvedCompress {
  /** In the order in which they are preferred. */
  readonly encodings: readonly Encoding[];
  /** Lower case. */
  readonly types: readonly string[];
  /** Bytes; shorter bodies of known length stay as they are. */
  readonly minBytes: number;
  /** Responses that set cookies, too? See BREACH. */
  readonly withCookies: boolean;
}

/** The keys about responses that the configuration and a route have. */
export interface ResponseKeys {
  readonly headers?: HeaderRules | undefined;
  readonly compress?: boolean | CompressConfig | undefined;
  readonly errorPages?: ErrorPagesConfig | undefined;
  readonly interceptErrors?: boolean | undefined;
}

const TEXT_TYPES = [
  "text/*",
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/rss+xml",
  "application/atom+xml",
  "application/xhtml+xml",
  "application/xml",
  "application/wasm",
  "image/svg+xml",
];

/** Checks the rules of a route, which stand behind those of the configuration. */
export function expandResponseRules(expansion: Expansion, path: KeyPath, route: ResponseKeys): ResolvedResponseRules {
  const { config } = expansion;
  const [common, own] = [rulesOf(config.headers), rulesOf(route.headers)];
  if (route.headers !== undefined) checkRules(expansion, [...path, "headers"], route.headers);
  return {
    remove: [...common.remove, ...own.remove],
    set: [...common.set, ...own.set],
    add: [...common.add, ...own.add],
    hsts: hstsOf(expansion),
    compress: compressOf(expansion, route.compress ?? config.compress, [...path, "compress"]),
    errorPages: new Map([
      ...expandErrorPages(undefined, [], config.errorPages),
      ...expandErrorPages(expansion, [...path, "errorPages"], route.errorPages),
    ]),
    interceptErrors: route.interceptErrors ?? config.interceptErrors ?? false,
  };
}

/** Checks the rules of the configuration itself, once. */
export function checkCommonRules(expansion: Expansion): ResolvedResponseRules {
  const { headers, compress, errorPages, interceptErrors } = expansion.config;
  if (headers !== undefined) checkRules(expansion, ["headers"], headers);
  return {
    ...rulesOf(headers),
    hsts: hstsOf(expansion),
    compress: compressOf(expansion, compress, ["compress"]),
    errorPages: expandErrorPages(expansion, ["errorPages"], errorPages),
    interceptErrors: interceptErrors ?? false,
  };
}

function rulesOf({ remove = [], set = {}, add = {} }: HeaderRules = {}): Pick<
  ResolvedResponseRules,
  "remove" | "set" | "add"
> {
  return { remove: remove.map((name) => name.toLowerCase()), set: Object.entries(set), add: Object.entries(add) };
}

function checkRules(expansion: Expansion, path: KeyPath, { remove = [], set = {}, add = {} }: HeaderRules): void {
  for (const [index, name] of remove.entries()) checkHeader(expansion, [...path, "remove", index], name, "");
  for (const [key, rules] of Object.entries({ set, add })) {
    for (const [name, value] of Object.entries(rules)) checkHeader(expansion, [...path, key, name], name, value);
  }
}

function hstsOf(expansion: Expansion): string | undefined {
  const { hsts } = expansion.config;
  if (hsts === undefined || hsts === false) return undefined;
  const { maxAge = "1y", includeSubDomains = false, preload = false } = hsts === true ? {} : hsts;
  const time = expansion.duration(["hsts", "maxAge"], maxAge, 0, Infinity);
  const parts = [`max-age=${Math.floor(time / 1_000)}`];
  if (includeSubDomains) parts.push("includeSubDomains");
  if (preload) parts.push("preload");
  return parts.join("; ");
}

function compressOf(
  expansion: Expansion,
  it: boolean | CompressConfig | undefined,
  path: KeyPath,
): ResolvedCompress | undefined {
  if (it === undefined || it === false) return undefined;
  const { encodings, types = TEXT_TYPES, minBytes = 1_024, withCookies = false } = it === true ? {} : it;
  for (const [index, type] of types.entries()) {
    if (!/^[\w.+-]+\/(?:[\w.+-]+|\*)$/.test(type))
      expansion.problem(
        [...path, "types", index],
        `must be a media type such as "text/*", not ${JSON.stringify(type)}.`,
      );
  }
  return {
    encodings: encodings ?? ["zstd", "br", "gzip"],
    types: types.map((type) => type.toLowerCase()),
    minBytes: expansion.size([...path, "minBytes"], minBytes, 1_024, 0),
    withCookies,
  };
}
