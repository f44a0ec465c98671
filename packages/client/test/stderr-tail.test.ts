import fc from "fast-check";
import { expect, test } from "vitest";

import { StderrTail } from "../src/stderr-tail.ts";

test("[TF09] keeps exactly the last bytes, whatever the pieces", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.string({ maxLength: 60 })), (limit, pieces) => {
      const tail = new StderrTail(limit);
      const whole = Buffer.from(pieces.join("").replaceAll(/[^\x20-\x7e]/g, "?"));
      let at = 0;
      for (const piece of pieces) {
        tail.push(whole, at, at + piece.length);
        at += piece.length;
      }
      expect(tail.toString()).toBe(limit === 0 ? "" : whole.toString().slice(-limit));
      expect(tail.total).toBe(whole.length);
    }),
  );
});

test("is read as UTF-8", () => {
  const tail = new StderrTail(100);
  const text = Buffer.from("PHP: naïve ✓");
  tail.push(text, 0, text.length);
  expect(tail.toString()).toBe("PHP: naïve ✓");
});
