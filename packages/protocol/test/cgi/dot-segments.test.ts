import { expect, test } from "vitest";

import { isSafeScriptPath } from "../../src/cgi/script-path.ts";

/** A path as it was requested, decoded once, as whoever asks has to. */
const decoded = (path: string): string => decodeURIComponent(path);

test.each([
  "/../secret.php",
  "/a/../../secret.php",
  "/%2e%2e/secret.php",
  "/%2E./secret.php",
  "/.%2e/secret.php",
  "/a/%2e%2e",
  "/./index.php",
  "/a/%2e/index.php",
  "/..%2fsecret.php",
  "/%2e%2e%2fsecret.php",
  "/..%5csecret.php",
  "//../secret.php",
])("[V35] %s is not joined to a document root", (path) => {
  expect(isSafeScriptPath(decoded(path))).toBe(false);
});

test.each(["/%252e%252e/index.php", "//index.php", "/a//index.php", "/..a/index.php", "/a../index.php", "/.../x"])(
  "[V35] %s stays below the root",
  (path) => {
    expect(isSafeScriptPath(decoded(path))).toBe(true);
  },
);
