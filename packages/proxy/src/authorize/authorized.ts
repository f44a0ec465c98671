import type { ParamList } from "@x/protocol";

import type { ResolvedAuthorize } from "../config/authorize-config.ts";
import type { ExchangeRules } from "../handlers/fastcgi-exchange.ts";
import type { Handler } from "../handlers/handler.ts";
import { ResponseWithHeaders } from "../http/response-with-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { AuthorizationCache, type Permission } from "./authorization-cache.ts";
import { AuthorizeParams, basicCredentials } from "./authorize-params.ts";
import { AuthorizerExchange } from "./authorizer-exchange.ts";

/** A handler whose requests are asked about first. Nothing of a request's body is taken before all authorizers have allowed it. */
export class AuthorizedHandler implements Handler {
  readonly #config: ResolvedAuthorize;
  readonly #rules: ExchangeRules;
  readonly #params: AuthorizeParams;
  readonly #cache: AuthorizationCache | undefined;
  readonly #next: Handler;
  readonly traces?: true;

  /** @param next answers what was allowed; for several authorizers, the next of them */
  constructor(config: ResolvedAuthorize, rules: ExchangeRules, next: Handler) {
    this.#config = config;
    this.#rules = rules;
    this.#params = new AuthorizeParams(config);
    this.#cache = config.cache && new AuthorizationCache(config.cache);
    this.#next = next;
    if (next.traces !== undefined) this.traces = next.traces;
  }

  handle(served: ServedRequest): void {
    if (served.trace !== undefined) {
      served.trace.note(`${JSON.stringify(this.#config.upstream)} is asked first, as ${this.#config.role}`);
      this.#next.handle(served);
      return;
    }
    const isAuthenticator = this.#config.phase === "authenticator";
    const credentials = isAuthenticator ? basicCredentials(served.rawHeaders) : undefined;
    const params = this.#params.make(served, credentials);
    const key = this.#cache?.key((name) => read(params, served, name), served.variables);
    const known = key === undefined ? undefined : this.#cache?.get(key);
    if (known !== undefined) {
      this.#allow(served, known);
      return;
    }
    new AuthorizerExchange(served, this.#config, this.#rules, params, (said) => {
      const permission = credentials === undefined ? said : withUser(said, credentials.user);
      // A cookie is made for one client.
      if (key !== undefined && !setsCookie(permission.headers)) this.#cache?.set(key, permission);
      this.#allow(served, permission);
    }).start();
  }

  #allow(served: ServedRequest, { variables, headers }: Permission): void {
    if (variables.size > 0) served.variables = new Map([...(served.variables ?? []), ...variables]);
    if (headers.length > 0) served.response = new ResponseWithHeaders(served.response, () => headers);
    try {
      this.#next.handle(served);
    } catch (error) {
      served.fail(error);
    }
  }
}

/** Whoever was let in by name and password is the user from here on (mod_fastcgi), unless the authorizer says another name. */
function withUser(permission: Permission, user: string): Permission {
  const variables = new Map([["REMOTE_USER", user], ["AUTH_TYPE", "Basic"], ...permission.variables]);
  return { variables, headers: permission.headers };
}

/** A variable as the authorizer gets it. REQUEST_METHOD and REQUEST_URI are the client's own, whatever a sub-request is called. */
function read(params: ParamList, served: ServedRequest, name: string): string | undefined {
  if (name === "REQUEST_METHOD") return served.method;
  if (name === "REQUEST_URI") return served.requestUri;
  const value = params.values[params.names.indexOf(name)];
  return typeof value === "string" ? value : undefined;
}

function setsCookie(headers: readonly string[]): boolean {
  return headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === "set-cookie");
}
