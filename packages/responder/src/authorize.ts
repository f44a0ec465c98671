import { FastCGIError } from "@x/protocol/errors";

import type { ActiveRequest } from "./active-request.ts";
import { toRequest } from "./fetch-request.ts";
import { FetchCall, sendResponse } from "./fetch.ts";
import type { FetchContext } from "./fetch.ts";

/**
 * What an Authorizer decides (FastCGI 1.0 §6.3).
 *
 * - `true`, or `{ variables }`: access is granted. The variables reach the request that follows as meta-variables (in Apache and
 *   lighttpd by the names given, in nginx by `auth_request_set $user $upstream_http_variable_user`).
 * - `false`: a bare 403.
 * - A `Response`: denied, and this is the answer to the browser; its status is not 200.
 */
export type AuthorizeResult = boolean | GrantedVariables | Response;

/** Access is granted, and this is what the application shall know. */
export interface GrantedVariables {
  /** Meta-variables by name. A name that no header field can have is an error, as are control characters in a value. */
  readonly variables: Readonly<Record<string, string | number>>;
}

/** Decides about one request. It has no body: the web server keeps it for the request that follows. */
export type AuthorizeHandler = (request: Request, context: FetchContext) => AuthorizeResult | Promise<AuthorizeResult>;

/** Lets an authorize handler answer requests. */
export function authorizeRunner(handler: AuthorizeHandler): (active: ActiveRequest) => Promise<void> {
  return async (active) => {
    active.body.cancel(); // none comes, or one that is not for us
    const decision = await handler(toRequest(active), new FetchCall(active));
    if (decision === true) grant(active, {});
    else if (decision === false) await sendResponse(active, new Response("Forbidden\n", { status: 403 }));
    else if (decision instanceof Response) await deny(active, decision);
    else if (typeof decision === "object" && decision !== null) grant(active, decision.variables);
    else throw invalid("authorize() returns true, false, { variables } or a Response.");
  };
}

/** Does the web server ask for a decision? nginx has no role for it: `fastcgi_param FCGI_ROLE AUTHORIZER;` in the location of `auth_request`. */
export function asksForDecision(active: ActiveRequest): boolean {
  return active.exchange.params.get("FCGI_ROLE") === "AUTHORIZER";
}

function grant(active: ActiveRequest, variables: Readonly<Record<string, string | number>>): void {
  const { output } = active;
  if (active.unwanted) {
    output.endAborted();
    return;
  }
  const rawHeaders: string[] = [];
  for (const [name, value] of Object.entries(variables)) rawHeaders.push(`Variable-${name}`, String(value));
  output.writeHead(200, rawHeaders);
  output.end();
}

async function deny(active: ActiveRequest, response: Response): Promise<void> {
  if (response.status === 200) {
    throw invalid(
      "A Response of status 200 would grant access: return true or { variables }, or give it another status.",
    );
  }
  await sendResponse(active, response);
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "response-head" });
}
