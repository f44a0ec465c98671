import { mayBeGiven } from "../authorize/variables.ts";
import { expandParams } from "./expand-params.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/**
 * Asks an application whether a request may go on, before anything else is done with it. The request's body is never sent to it, and is not
 * touched meanwhile: it goes to whatever answers the route.
 */
export interface AuthorizeConfig {
  /** Name of an upstream. */
  upstream: string;
  /**
   * `"authorizer"`: the role of FastCGI 1.0 §6.3. Status 200 allows, and its `Variable-NAME` fields become params NAME of the next
   * application; any other answer goes to the client as it is, body and all.
   *
   * `"responder"`: an ordinary request of method GET without a body (nginx `auth_request`). 2xx allows, 401 and 403 refuse with a
   * page of ours and the `WWW-Authenticate` of the answer; anything else is an error, 500.
   *
   * @default "authorizer"
   */
  role?: "authorizer" | "responder" | undefined;
  /**
   * Which of mod_fastcgi's questions is asked, told in FCGI_APACHE_ROLE. `"authenticator"` also takes a Basic `Authorization` apart into
   * REMOTE_USER and REMOTE_PASSWD; when it allows, REMOTE_USER and AUTH_TYPE go on to the next application. For `"authorizer"` alone.
   */
  phase?: "authenticator" | "authorizer" | "access-checker" | undefined;
  /** SCRIPT_FILENAME, for applications that run files, such as PHP-FPM: absolute, as the application sees it. */
  script?: string | undefined;
  /**
   * Path and query that a `"responder"` is asked for, those of the client being in HTTP_X_ORIGINAL_URI.
   *
   * @default those of the client
   */
  uri?: string | undefined;
  /** Params for the authorizer, over all others of the same name. */
  params?: Readonly<Record<string, string>> | undefined;
  /**
   * Of a `"responder"`: params of the next application, each with the field of the answer that gives its value, such as
   * `{ REMOTE_USER: "X-User" }`; empty without that field (nginx `auth_request_set`).
   */
  variables?: Readonly<Record<string, string>> | undefined;
  /** Fields of the answer that allows which the client's answer gets too, such as `["Set-Cookie"]`. @default none */
  headers?: readonly string[] | undefined;
  /** Remembers what was allowed. @default each request is asked about */
  cache?: AuthorizeCacheConfig | undefined;
}

/** How long a permission holds, and for whom. */
export interface AuthorizeCacheConfig {
  /** Milliseconds, or a text such as `"30s"`. */
  ttl: number | string;
  /**
   * The params that tell requests apart: two with the same values of these get the same answer. Leave none out that the authorizer
   * looks at.
   *
   * @default ["HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_HOST", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI"]
   */
  key?: readonly string[] | undefined;
  /** Permissions that are remembered at most. @default 1000 */
  entries?: number | undefined;
}

/** One authorizer of a route. */
export interface ResolvedAuthorize {
  /** Name of the upstream that is asked. */
  readonly upstream: string;
  /** How it is asked: in the Authorizer role, or by a sub-request as nginx does. */
  readonly role: "authorizer" | "responder";
  /** What it decides, as mod_fastcgi's authorizers; undefined: all of it. */
  readonly phase: "authenticator" | "authorizer" | "access-checker" | undefined;
  /** SCRIPT_FILENAME; undefined: none. */
  readonly script: string | undefined;
  /** The sub-request's path; undefined: the request's own. */
  readonly uri: string | undefined;
  /** Params over all others of the same name. */
  readonly params: ReadonlyMap<string, string>;
  /** Params and the fields that give them. */
  readonly variables: ReadonlyMap<string, string>;
  /** Lower case. */
  readonly headers: readonly string[];
  /** For how long its word counts; undefined: it is asked each time. */
  readonly cache: ResolvedAuthorizeCache | undefined;
}

/** What is remembered. */
export interface ResolvedAuthorizeCache {
  /** Milliseconds. */
  readonly ttl: number;
  /** Headers and variables on which the answer depends. */
  readonly key: readonly string[];
  /** Answers at most; the oldest goes. */
  readonly entries: number;
}

/** What an authorizer usually looks at, so that no permission is used for another request by mistake. */
const KEY = ["HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_HOST", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI"];

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Fields that say how the answer is sent, or what it is: never those of another answer. */
const NOT_TAKEN =
  /^(?:connection|content-.*|keep-alive|location|proxy-.*|status|te|trailer|transfer-encoding|upgrade|variable-.*|x-accel-.*|x-sendfile)$/;

/** Spells out the authorizers of a route. */
export function expandAuthorize(
  expansion: Expansion,
  path: KeyPath,
  written: AuthorizeConfig | readonly AuthorizeConfig[] | undefined,
): ResolvedAuthorize[] {
  if (written === undefined) return [];
  if (!isList(written)) return [expandOne(expansion, path, written)];
  return written.map((it, index) => expandOne(expansion, [...path, index], it));
}

function isList(written: AuthorizeConfig | readonly AuthorizeConfig[]): written is readonly AuthorizeConfig[] {
  return Array.isArray(written);
}

function expandOne(expansion: Expansion, path: KeyPath, it: AuthorizeConfig): ResolvedAuthorize {
  expansion.checkUpstream([...path, "upstream"], it.upstream);
  const role = it.role ?? "authorizer";
  if (role === "authorizer") {
    if (expansion.hasScgi(it.upstream))
      expansion.problem([...path, "upstream"], 'speaks SCGI, which has no roles: add role "responder".');
    for (const key of ["uri", "variables"] as const) {
      if (it[key] !== undefined) expansion.problem([...path, key], 'needs role "responder" beside it.');
    }
  } else if (it.phase !== undefined) {
    expansion.problem([...path, "phase"], 'is a question to an authorizer: leave it out, or role "responder".');
  }
  if (it.uri !== undefined && !/^\/[!-~]*$/.test(it.uri)) {
    expansion.problem([...path, "uri"], `must be a path such as "/auth", not ${JSON.stringify(it.uri)}.`);
  }
  for (const [name, field] of Object.entries(it.variables ?? {})) {
    const at = [...path, "variables", name];
    // What a configuration names is the user's own doing; a client's header of that name is replaced.
    if (!mayBeGiven(name.replace(/^HTTP_(?!PROXY$)/, "X_")))
      expansion.problem(at, "decides about the request itself, and no answer may replace it: choose another name.");
    if (!TOKEN.test(field)) expansion.problem(at, `must be the name of a field, not ${JSON.stringify(field)}.`);
  }
  const headers = (it.headers ?? []).map((name) => name.toLowerCase());
  for (const [index, name] of headers.entries()) {
    if (!TOKEN.test(name) || NOT_TAKEN.test(name))
      expansion.problem([...path, "headers", index], `cannot be taken over: ${JSON.stringify(name)}.`);
  }
  return {
    upstream: it.upstream,
    role,
    phase: it.phase,
    script: it.script,
    uri: it.uri,
    params: expandParams(expansion, [...path, "params"], it.params ?? {}),
    variables: new Map(Object.entries(it.variables ?? {})),
    headers,
    cache: it.cache && expandCache(expansion, [...path, "cache"], it.cache),
  };
}

function expandCache(expansion: Expansion, path: KeyPath, it: AuthorizeCacheConfig): ResolvedAuthorizeCache {
  const ttl = expansion.duration([...path, "ttl"], it.ttl, 1, Infinity);
  if (ttl === 0) expansion.problem([...path, "ttl"], "must be more than 0: leave cache out to keep nothing.");
  return { ttl, key: it.key ?? KEY, entries: it.entries ?? 1_000 };
}
