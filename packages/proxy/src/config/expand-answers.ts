import { flawOfTemplate } from "../routing/template.ts";
import type { RedirectConfig, RespondConfig } from "./define-answers.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedRedirect, ResolvedRespond } from "./resolved-answers.ts";

const REDIRECTS = [301, 302, 303, 307, 308];

export function expandRespond(expansion: Expansion, path: KeyPath, it: RespondConfig): ResolvedRespond {
  const status = it.status ?? 200;
  if (status < 200 || status > 599) expansion.problem([...path, "status"], `must be 200 to 599, not ${status}.`);
  const body = it.body ?? "";
  if ((status === 204 || status === 304) && body !== "")
    expansion.problem([...path, "body"], `cannot go out with status ${status}, which has none.`);
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(it.headers ?? {})) {
    checkHeader(expansion, [...path, "headers", name], name, value);
    headers.set(name, value);
  }
  const named = [...headers.keys()].some((name) => name.toLowerCase() === "content-type");
  if (!named && body !== "") headers.set("Content-Type", "text/plain; charset=utf-8");
  return { status, headers, body };
}

/** Headers that only who writes the message can say. */
const FRAMING = /^(?:content-length|transfer-encoding|connection|keep-alive|trailer|te|upgrade|date)$/i;

/** Notes a problem unless it is a header that a configuration may set. */
export function checkHeader(expansion: Expansion, path: KeyPath, name: string, value: string): void {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) expansion.problem(path, "is not the name of a header.");
  else if (FRAMING.test(name)) expansion.problem(path, "is decided by the server itself.");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  else if (/[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/.test(value))
    expansion.problem(path, "must not hold line breaks, control characters, or characters above U+00FF.");
}

export function expandRedirect(
  expansion: Expansion,
  path: KeyPath,
  it: string | RedirectConfig,
  regex: string | undefined,
): ResolvedRedirect {
  const long: RedirectConfig = typeof it === "string" ? { to: it } : it;
  const status = long.status ?? 302;
  if (!REDIRECTS.includes(status))
    expansion.problem([...path, "status"], `must be one of ${REDIRECTS.join(", ")}, not ${status}.`);
  checkTemplate(expansion, typeof it === "string" ? path : [...path, "to"], long.to, regex, true);
  return { to: long.to, status };
}

/** Notes what is wrong with a template. */
export function checkTemplate(
  expansion: Expansion,
  path: KeyPath,
  template: string,
  regex: string | undefined,
  absolute: boolean,
): void {
  const flaw = flawOfTemplate(template, groupsOf(regex), absolute);
  if (flaw !== undefined) expansion.problem(path, flaw);
}

function groupsOf(regex: string | undefined): number {
  if (regex === undefined) return 0;
  try {
    // With an empty alternative it always matches, and shows its groups.
    return (new RegExp(`(?:${regex})|`).exec("")?.length ?? 1) - 1;
  } catch {
    // It has been complained of where it stands: as many as a template can name, so that it is not complained of here too.
    return 9;
  }
}
