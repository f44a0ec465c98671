// Whatever comes, in whatever pieces: what is set aside for it stays in proportion to the limit, and is nothing where none is needed.
import fc from "fast-check";
import { expect, test } from "vitest";

import { ResponseHeadDecoder } from "../src/cgi/response-head.ts";
import { RecordDecoder } from "../src/decoder.ts";
import { isFastCGIError } from "../src/errors.ts";
import { ScgiRequestDecoder } from "../src/scgi/request-decoder.ts";
import { countAllocations } from "./counting.ts";
import { ClientSide } from "./session/client-side.ts";
import { ResponderSide } from "./session/responder-side.ts";
import { begin, concat, cut, latin1, pair, pattern, record } from "./vectors/wire.ts";

const cuts = fc.array(fc.nat(300), { minLength: 1, maxLength: 5 });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3_000, size: "max" }),
  fc
    .array(
      fc.constantFrom("a", "b: c\n", ": ", "x".repeat(200), "\r\n", "\n\n", "5:", "CONTENT_LENGTH\0", "1\0", "9999:"),
      {
        maxLength: 40,
        size: "max",
      },
    )
    .map((parts) => latin1(parts.join(""))),
);

/** Bytes set aside while chunks are pushed; an error of ours ends it, any other is one of the test. */
function setAside(chunks: readonly Uint8Array[], push: (chunk: Uint8Array) => unknown): number {
  return countAllocations(() => {
    try {
      for (const chunk of chunks) push(chunk);
    } catch (error) {
      if (!isFastCGIError(error)) throw error;
    }
  }).bytes;
}

test("[V1] [V13] [Z1] a record decoder sets nothing aside, whatever comes", { timeout: 60_000 }, () => {
  const records = fc
    .array(fc.tuple(fc.nat(12), fc.nat(3), fc.nat(400), fc.nat(255)), { maxLength: 12 })
    .map((parts) =>
      concat(...parts.map(([type, id, length, padding]) => record(type, id, pattern(length), padding, 1))),
    );
  const nothing = { onRecord: () => {}, onContent: () => {}, onRecordEnd: () => {} };
  fc.assert(
    fc.property(fc.oneof(records, bytes), cuts, (input, sizes) => {
      const decoder = new RecordDecoder(nothing);
      expect(setAside(cut(input, sizes), (chunk) => decoder.push(chunk))).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("[V19] [Z6] a response head: in proportion to maxBytes", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(bytes, cuts, fc.integer({ min: 1, max: 1_000 }), (input, sizes, maxBytes) => {
      const decoder = new ResponseHeadDecoder({ maxBytes });
      // A line is doubled as it grows, so all its sizes together are less than twice the last.
      expect(setAside(cut(input, sizes), (chunk) => decoder.push(chunk))).toBeLessThanOrEqual(2 * maxBytes + 256);
      expect(decoder.bytes).toBeLessThanOrEqual(maxBytes + input.length);
    }),
    { numRuns: 300 },
  );
});

test("[S1] [P42] [V13] an SCGI request: in proportion to maxParamsBytes", { timeout: 60_000 }, () => {
  const nothing = { onRequest: () => {}, onBody: () => {}, onBodyEnd: () => {} };
  fc.assert(
    fc.property(bytes, cuts, fc.integer({ min: 1, max: 1_000 }), (input, sizes, maxParamsBytes) => {
      const decoder = new ScgiRequestDecoder(nothing, { maxParamsBytes });
      expect(setAside(cut(input, sizes), (chunk) => decoder.push(chunk))).toBeLessThanOrEqual(3 * maxParamsBytes);
    }),
    { numRuns: 300 },
  );
});

test(
  "[V12] [Z4] an application: in proportion to maxBufferedBytes, for all requests together",
  { timeout: 60_000 },
  () => {
    // Nothing ends here, so that nothing that was set aside can have been let go of.
    const part = fc.tuple(fc.constantFrom(1, 2, 3, 64, 65, 65_535), fc.nat(600));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60, size: "max" }),
        cuts,
        fc.integer({ min: 1, max: 2_000 }),
        (parts, sizes, most) => {
          const side = new ResponderSide({ multiplex: 4, maxParamsBytes: most, maxBufferedBytes: most });
          const seen = new Set<number>();
          const records = parts.flatMap(([id, size]) => {
            const first = seen.has(id) ? [] : [begin(id)];
            seen.add(id);
            return [...first, record(4, id, pattern(Math.max(1, size)))];
          });
          const allocated = setAside(cut(concat(...records), sizes), (chunk) => side.session.receive(chunk));
          // Each request's params are doubled as they grow, out of a block that all share; the answer to what is too much takes one slab.
          expect(allocated).toBeLessThanOrEqual(4 * most + 16_384 + 65_536);
          expect(side.output.pendingBytes).toBeLessThanOrEqual(most + 32);
        },
      ),
      { numRuns: 300 },
    );
  },
);

test("[Z4] neither end sets anything aside for the streams that it passes on", { timeout: 60_000 }, () => {
  const streams = fc.array(fc.tuple(fc.boolean(), fc.nat(2_000)), { maxLength: 20 });
  fc.assert(
    fc.property(streams, cuts, (parts, sizes) => {
      const client = new ClientSide();
      const call = client.begin();
      call.onStdout = call.onStderr = () => {};
      const answer = concat(...parts.map(([stderr, size]) => record(stderr ? 7 : 6, 1, pattern(size))));
      expect(setAside(cut(answer, sizes), (chunk) => client.session.receive(chunk))).toBe(0);

      const application = new ResponderSide();
      application.receive(begin(1), record(4, 1, pair("A", "b")), record(4, 1));
      application.served[0]!.onStdin = () => {};
      const body = concat(...parts.map(([, size]) => record(5, 1, pattern(Math.max(1, size)))));
      expect(setAside(cut(body, sizes), (chunk) => application.session.receive(chunk))).toBe(0);
    }),
    { numRuns: 100 },
  );
});
