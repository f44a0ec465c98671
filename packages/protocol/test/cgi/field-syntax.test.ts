import { validateHeaderName, validateHeaderValue } from "node:http";

import { expect, test } from "vitest";

import { FIELD_BYTES, FIELD_NAME, FIELD_VALUE, IN_NAME, IN_VALUE } from "../../src/cgi/field-syntax.ts";

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

test("[C20] the table, the expressions and Node agree on each byte", () => {
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte);
    const flags = FIELD_BYTES[byte] as number;
    expect((flags & IN_NAME) !== 0, `0x${byte.toString(16)} in a name`).toBe(passes(() => validateHeaderName(text)));
    expect((flags & IN_VALUE) !== 0, `0x${byte.toString(16)} in a value`).toBe(
      passes(() => validateHeaderValue("x", text)),
    );
    expect(FIELD_NAME.test(text)).toBe((flags & IN_NAME) !== 0);
    expect(FIELD_VALUE.test(text)).toBe((flags & IN_VALUE) !== 0);
  }
});

test("[C20] the expressions look at the whole text", () => {
  expect(FIELD_NAME.test("")).toBe(false);
  expect(FIELD_NAME.test("a\n")).toBe(false);
  expect(FIELD_VALUE.test("")).toBe(true);
  expect(FIELD_VALUE.test("a\n")).toBe(false);
  expect(FIELD_VALUE.test("\u0100")).toBe(false);
});
