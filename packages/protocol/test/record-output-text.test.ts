import { expect, test } from "vitest";

import { RecordType } from "../src/constants.ts";
import { RecordOutput } from "../src/record-output.ts";
import { failure } from "./failure.ts";
import { concat, pattern, sameBytes, strictRecords } from "./vectors/wire.ts";

const TEXTS = ["", "a", "0123456", "é and € and 😀", "\ud800 alone", "x".repeat(5_000), "€".repeat(21_000)];

test.for(TEXTS)("[P25] [V9] text behind bytes is one record of both, as UTF-8", (text) => {
  for (const start of ["", "Status: 200 OK\r\n\r\n"].map((head) => Buffer.from(head))) {
    const output = new RecordOutput(() => {});
    output.endStream(RecordType.Stdin, 3);
    for (let time = 0; time < 3; time++) output.streamText(6, 1, start, text);
    output.endStream(6, 1);
    const pending = output.pendingBytes;
    const bytes = concat(...output.take());
    expect(bytes).toHaveLength(pending);
    const content = concat(start, new TextEncoder().encode(text));
    const records = strictRecords(bytes).slice(1, -1);
    expect(records).toHaveLength(content.length === 0 ? 0 : 3);
    for (const one of records) expect([one.type, one.id, sameBytes(one.content, content)]).toEqual([6, 1, true]);
  }
});

test("[V6] text that may not fit into a record is refused, whatever it would take", () => {
  const output = new RecordOutput(() => {});
  expect(failure(() => output.streamText(6, 1, pattern(65_000), "x".repeat(177))).code).toBe(
    "FCGI_ERR_INVALID_ARGUMENT",
  );
  expect(output.pendingBytes).toBe(0);
  output.streamText(6, 1, pattern(65_000), "x".repeat(176));
  expect(strictRecords(concat(...output.take())).map(({ content }) => content.length)).toEqual([65_176]);
});

test("what is written in one turn leaves in one piece, or in two where a slab ends", () => {
  const output = new RecordOutput(() => {});
  for (let id = 1; id <= 8; id++) {
    output.streamText(6, id, pattern(100), "x".repeat(1_000));
    output.endRequest(id, 0, 0);
  }
  expect(output.take().length).toBeLessThanOrEqual(2);
});
