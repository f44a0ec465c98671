import { expect, test } from "vitest";

import { applicationEnvironment } from "../../src/processes/environment.ts";

const ours = {
  PATH: "/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
  TZ: "UTC",
  SECRET: "s3cret",
  AWS_KEY: "k",
  NODE_OPTIONS: "--inspect",
};

test("[TJ07] only what a program needs to run is inherited", () => {
  expect(applicationEnvironment(ours, new Map())).toEqual({ PATH: "/bin", HOME: "/root", LANG: "C.UTF-8", TZ: "UTC" });
});

test("[TJ07] given variables are set, `true` passes ours on, and what we lack stays absent", () => {
  const given = new Map<string, string | true>([
    ["APP", "x"],
    ["AWS_KEY", true],
    ["MISSING", true],
    ["PATH", "/opt/bin"],
  ]);
  expect(applicationEnvironment({ PATH: "/bin", AWS_KEY: "k" }, given)).toEqual({
    PATH: "/opt/bin",
    APP: "x",
    AWS_KEY: "k",
  });
});

test("another user's HOME is that user's", () => {
  const account = { name: "www-data", uid: 33, gid: 33, home: "/var/www", listed: true };
  expect(applicationEnvironment(ours, new Map(), account)["HOME"]).toBe("/var/www");
});
