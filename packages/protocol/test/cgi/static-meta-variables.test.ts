import { describe, expect, test } from "vitest";

import { addMetaVariables } from "../../src/cgi/meta-variables.ts";
import { staticMetaVariables } from "../../src/cgi/static-meta-variables.ts";
import { ParamList } from "../../src/param-list.ts";
import { REQUEST, variablesOf } from "./variables.ts";

describe("fixed variables", () => {
  test("give the same set as without them", () => {
    const all = variablesOf({ serverSoftware: "x/1", scheme: "https" });
    const { documentRoot, serverName, serverAddress, serverPort } = REQUEST;
    const some = staticMetaVariables({ serverSoftware: "x/1", documentRoot });
    const most = staticMetaVariables({
      serverSoftware: "x/1",
      documentRoot,
      serverName,
      serverAddress,
      serverPort,
      scheme: "https",
    });
    expect(variablesOf({ scheme: "https" }, some)).toEqual(all);
    expect(variablesOf({ scheme: "https" }, most)).toEqual(all);
    expect(most.encoded.length).toBeGreaterThan(some.encoded.length);
  });

  test("win whatever the lengths of their names, and without a word about those", () => {
    const params = { REQUEST_METHOD: "A", HTTP_X: "B", SCRIPT_FILENAME: "C", [`L${"X".repeat(44)}`]: "D" };
    const fixed = staticMetaVariables({ serverSoftware: "x/1", params });
    const { encoded, names } = fixed;
    for (const each of [fixed, { encoded, names }])
      expect(variablesOf({ rawHeaders: ["X", "2", "Y", "3"] }, each)).toMatchObject({ ...params, HTTP_Y: "3" });
  });

  test("with scheme http leave HTTPS out for good", () => {
    const fixed = staticMetaVariables({ serverSoftware: "x/1", scheme: "http" });
    expect(variablesOf({ scheme: "https" }, fixed)).toMatchObject({ REQUEST_SCHEME: "http" });
    expect(variablesOf({ scheme: "https" }, fixed)).not.toHaveProperty("HTTPS");
  });

  test("of equal names among the configured the last wins", () => {
    const fixed = staticMetaVariables({
      serverSoftware: "x/1",
      params: [
        ["A", "1"],
        ["A", "2"],
      ],
    });
    expect(variablesOf({}, fixed)).toMatchObject({ A: "2" });
  });

  test("must be in the list that is added to", () => {
    const fixed = staticMetaVariables({ serverSoftware: "x/1" });
    expect(() => addMetaVariables(new ParamList(), REQUEST, fixed)).toThrow(
      expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
    );
  });

  test("must be sendable", () => {
    expect(() => staticMetaVariables({ serverSoftware: "x/1", params: { A: "\0" } })).toThrow(
      expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
    );
    expect(() => staticMetaVariables({ serverSoftware: "x/1", params: { A: "a".repeat(66_000) } })).toThrow(
      expect.objectContaining({ code: "FCGI_ERR_PARAM_TOO_LARGE" }),
    );
  });
});
