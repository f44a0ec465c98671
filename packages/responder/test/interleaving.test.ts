import { RecordType, encodeRecord } from "@x/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";

import { application } from "./support/application.ts";
import { post, request, stdin } from "./support/front-end.ts";

/** The records of several requests, shuffled as a multiplexing web server may, and the bytes cut anywhere. */
const schedule = fc.record({
  bodies: fc.array(fc.array(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 }), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 8,
  }),
  picks: fc.infiniteStream(fc.nat()),
  cuts: fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
});

test("[TF22][P16][P17] shuffled requests, cut anywhere: each gets its own bytes back", async () => {
  const app = await application(async (request, response) => {
    for await (const chunk of request.stdin) response.write(chunk as Buffer);
    response.end(`|${request.params.get("MINE")}`);
  });
  const frontEnd = await app.connect();
  await fc.assert(
    fc.asyncProperty(schedule, async ({ bodies, picks, cuts }) => {
      const queues = bodies.map((pieces, index) => {
        const id = index + 1;
        const params = post(undefined, { MINE: String(id) });
        return [request(id, { params, stdin: undefined }), ...pieces.map((piece) => stdin(id, piece)), stdin(id)];
      });
      const records: Uint8Array[] = [];
      for (let open = queues; open.length > 0; open = open.filter((queue) => queue.length > 0)) {
        records.push(open[(picks.next().value as number) % open.length]!.shift()!);
      }
      const bytes = Buffer.concat(records);
      for (let at = 0; at < bytes.length;) {
        const cut = at + (cuts.next().value as number);
        frontEnd.send(bytes.subarray(at, cut));
        at = cut;
      }
      const answers = await Promise.all(bodies.map((_pieces, index) => frontEnd.answer(index + 1)));
      expect(answers.map(({ body }) => body)).toEqual(bodies.map((pieces, index) => `${pieces.join("")}|${index + 1}`));
    }),
    { numRuns: 300 },
  );
  expect(app.server.stats.requests).toBe(0);
});

test("[V14] bytes at random end their connection at most", async () => {
  const app = await application((_request, response) => void response.end("alive\n"));
  const valid = Buffer.concat([
    request(1, { params: post(4), stdin: "body" }),
    encodeRecord({ type: RecordType.GetValues }),
  ]);
  const mutation = fc.tuple(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length));
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
      const bytes = Buffer.from(valid);
      let length = bytes.length;
      for (const [at, value, end] of mutations) {
        bytes[at] = value;
        length = Math.max(1, end);
      }
      const frontEnd = await app.connect();
      frontEnd.send(bytes.subarray(0, length)).halfClose();
      await frontEnd.ended;
    }),
    { numRuns: 500 },
  );
  expect((await (await app.connect()).exchange(1)).body).toBe("alive\n");
  expect(app.server.stats.requests).toBe(0);
});
