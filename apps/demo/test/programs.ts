import { existsSync } from "node:fs";

import { findPhpFpm } from "../src/find-php-fpm.ts";

/** A program that tests need: its path, or false after a line that says it is missing. In CI that is an error. */
function required(name: string, path: string | undefined): string | false {
  if (path !== undefined) return path;
  const message = `${name} is not installed: the tests that need it are skipped`;
  if (process.env["CI"] === "true") throw new Error(message);
  console.log(message);
  return false;
}

/** php-fpm of this machine. */
export const phpFpm: string | false = required("php-fpm", findPhpFpm(process.env["PATH"] ?? "")[0]);

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Chromium of this machine. */
export const chromium: string | false = required(
  "chromium",
  BROWSERS.find((path) => existsSync(path)),
);
