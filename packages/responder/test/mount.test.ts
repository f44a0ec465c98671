import { decodeNameValues, encodeNameValues } from "@x/protocol";
import { expect, test } from "vitest";

import { withoutMount } from "../src/mount.ts";
import { application } from "./support/application.ts";

test.each([
  ["/app/users?x=1", "/app", "/users", "/users?x=1"],
  ["/app", "/app", "", "/"],
  ["/app?x", "/app", "", "/?x"],
  ["/app/", "/app", "/", "/"],
  ["/app/users", "/app/", "/users", "/users"],
  ["/application", "/app", undefined, "/application"],
  ["/%61pp/a%20b?x", "/app", "/a b", "/a%20b?x"],
  ["/%61pp/%3f", "/app", "/?", "/%3f"],
  ["/a%70%50?x=/app", "/apP", undefined, "/?x=/app"],
  ["/%61pplication", "/app", undefined, "/%61pplication"],
  ["/%61p", "/app", undefined, "/%61p"],
  ["/%6", "/%6x", undefined, "/%6"],
  ["/%E9/a%2fb", "/\u00e9", undefined, "/a%2fb"],
  ["/./app/a%20b?x", "/app", "/a b", "/a%20b?x"],
  ["/./app/%3f", "/app", "/?", "/%3F"],
  ["/users", "", "/users", "/users"],
  ["/users", undefined, undefined, "/users"],
  ["*", "/app", undefined, "*"],
])("%s under %s with the rest %s is %s", (url, scriptName, pathInfo, expected) => {
  const params = decodeNameValues(encodeNameValues({ SCRIPT_NAME: scriptName, PATH_INFO: pathInfo }));
  expect(withoutMount(url, params)).toBe(expected);
});

test("mount: strip makes URLs relative to SCRIPT_NAME; by default they stay as received", async () => {
  const params = { REQUEST_METHOD: "GET", REQUEST_URI: "/app/users?x", SCRIPT_NAME: "/app", PATH_INFO: "/users" };
  for (const [mount, expected] of [
    ["strip", "/users?x"],
    ["keep", "/app/users?x"],
  ] as const) {
    const app = await application((incoming, response) => void response.end(incoming.url), { mount });
    expect((await (await app.connect()).exchange(1, { params })).body).toBe(expected);
  }
});
