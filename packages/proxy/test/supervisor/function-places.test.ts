import { deserialize, serialize } from "node:v8";

import { expect, test } from "vitest";

import { withFunctions, withoutFunctions } from "../../src/supervisor/function-places.ts";

class App {
  fetch(): string {
    return "app";
  }
}

const config = {
  routes: [
    { handler: () => "function" },
    { handler: new App() },
    { handler: { fetch: () => "object" } },
    { handler: "./module.ts" },
  ],
  upstreams: new Map([["a", { policy: () => 1, limit: Infinity, none: undefined }]]),
  bytes: Uint8Array.of(1, 2),
};

test("a configuration with functions comes through to another process, where its file is read again", () => {
  const { value, found } = withoutFunctions(config);
  expect(found).toBe(true);
  const sent = deserialize(serialize(value)) as typeof config;
  expect(sent.routes[3]).toEqual({ handler: "./module.ts" });
  expect(withFunctions(sent, config)).toEqual(config);
  expect(withFunctions(sent, config).routes[1]?.handler).toBe(config.routes[1]?.handler);
});

test("one without functions needs no file", () => {
  expect(withoutFunctions({ a: [1, { b: "c" }], d: new Map([["e", null]]) })).toEqual({
    value: { a: [1, { b: "c" }], d: new Map([["e", null]]) },
    found: false,
  });
});

test("a file that has changed meanwhile gives nothing where it has nothing", () => {
  const { value } = withoutFunctions(config);
  expect(withFunctions<unknown>(value, { routes: [] })).toMatchObject({ routes: [{ handler: undefined }, {}, {}, {}] });
});
