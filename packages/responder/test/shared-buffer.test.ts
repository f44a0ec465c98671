import { expect, test } from "vitest";

import { application } from "./support/application.ts";
import { post, request } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

test("[V4] a body that waits is not overwritten by what other connections send", async () => {
  const release = gate();
  const app = await application(async (incoming, response) => {
    if (incoming.method === "POST") await release.promise;
    const pieces: Buffer[] = [];
    for await (const piece of incoming.stdin) pieces.push(piece as Buffer);
    response.end(Buffer.concat(pieces));
  });
  const bodies = ["a".repeat(100), "b".repeat(5_000), "c".repeat(60_000)];
  const waiting = await Promise.all(
    bodies.map(async (body) => {
      const frontEnd = await app.connect();
      frontEnd.send(request(1, { params: post(body.length), stdin: body }));
      return frontEnd;
    }),
  );
  const other = await app.connect();
  for (let id = 1; id <= 20; id++) {
    other.send(request(id, { params: { REQUEST_METHOD: "GET", HTTP_FILLER: "x".repeat(60_000) } }));
    await other.answer(id);
  }
  release.open();
  const answers = await Promise.all(waiting.map((frontEnd) => frontEnd.answer(1)));
  expect(answers.map(({ body }) => body)).toEqual(bodies);
});
