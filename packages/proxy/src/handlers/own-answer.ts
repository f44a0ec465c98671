import type { ResolvedRoute } from "../config/resolved-config.ts";
import type { Handler } from "./handler.ts";
import { RespondHandler } from "./respond.ts";
import { RedirectHandler, RewriteHandler } from "./template-handlers.ts";

/** The handler of a route that needs neither files nor an application; undefined for all others. */
export function ownAnswer({ match, respond, redirect, rewrite }: ResolvedRoute): Handler | undefined {
  if (respond !== undefined) return new RespondHandler(respond);
  if (redirect !== undefined) return new RedirectHandler(redirect, match.regex);
  return rewrite === undefined ? undefined : new RewriteHandler(rewrite, match.regex);
}
