// The same listeners on node:http's server and on createServer of @x/responder/node.
import { describe, expect, it } from "vitest";

import { requestScenarios } from "../src/node-http/request-scenarios.ts";
import { responseScenarios } from "../src/node-http/response-scenarios.ts";
import { overFastCGI, overHttp } from "../src/node-http/run.ts";
import type { Scenario } from "../src/node-http/scenario.ts";

describe.each<[string, readonly Scenario[]]>([
  ["requests", requestScenarios],
  ["responses", responseScenarios],
])("createServer is like node:http: %s", (_kind, scenarios) => {
  it.each(scenarios.map((scenario) => [scenario.title, scenario] as const))("%s", async (_title, scenario) => {
    const http = await overHttp(scenario);
    const fastCGI = await overFastCGI(scenario);
    expect(sorted(fastCGI.notes)).toEqual(sorted(http.notes));
    expect(http.notes).not.toEqual([]);
    if (scenario.otherAnswer !== true) expect(fastCGI.answer).toEqual(http.answer);
  });
});

/** What happens first, the request's end or the response's, is a race in node:http, too. */
function sorted(notes: readonly (readonly unknown[])[]): string[] {
  const own = notes.filter(([what]) => !/^(?:request|response) /.test(String(what)));
  const others = notes.filter((note) => !own.includes(note));
  return [...own, ...others.toSorted((one, other) => String(one[0]).localeCompare(String(other[0])))].map((note) =>
    JSON.stringify(note, (_key, value: unknown) => value ?? null),
  );
}
