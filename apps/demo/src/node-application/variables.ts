import type { Params } from "@x/protocol";

/** What the server tells the application in confidence. */
const CONFIDENTIAL = /^DEMO_/;
/** What the visitor tells the application in confidence: the page may be on somebody's screen. */
const PRIVATE: ReadonlySet<string> = new Set(["HTTP_COOKIE", "HTTP_AUTHORIZATION"]);

/** The variables that came with a request, sorted by name, as text. Nothing else that this process knows is among them. */
export function requestVariables(params: Params): [name: string, value: string][] {
  const variables: [string, string][] = [];
  for (const [name, value] of params) {
    if (CONFIDENTIAL.test(name)) continue;
    variables.push([name, PRIVATE.has(name) ? "(not shown)" : Buffer.from(value, "latin1").toString("utf8")]);
  }
  return variables.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
