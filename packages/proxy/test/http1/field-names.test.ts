import { expect, test } from "vitest";

import { fieldName } from "../../src/http1/field-names.ts";

test("gives the part of the head, whatever came before in its place", () => {
  const names = ["Host", "host", "HOST", "A", "", "Sec-Fetch-Mode", "Sec-Fetch-Site", "x".repeat(64), "y".repeat(65)];
  // More than there are places, so that many share one.
  for (let at = 0; at < 2_000; at++) names.push(`X-${at}`, `${at}-X`);
  for (let time = 0; time < 3; time++) {
    for (const name of names) expect(fieldName(`GET / HTTP/1.1\r\n${name}: 1`, 16, 16 + name.length)).toBe(name);
  }
});
