import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { decodeNameValues, RecordDecoder, RecordType } from "@x/protocol";
import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { end } from "./support/peer.ts";
import { run } from "./support/run.ts";

test("[P38] oversizedParam: refused before anybody is dialled, or sent in several records", async () => {
  const folder = mkdtempSync(join(tmpdir(), "x-client-"));
  const params: Buffer[] = [];
  const server = createServer((socket) => {
    const decoder = new RecordDecoder({
      onRecord: (type, _id, length) => {
        if (type === RecordType.Stdin && length === 0) socket.write(end(1));
      },
      onContent: (type, _id, chunk, from, to) => {
        if (type === RecordType.Params) params.push(Buffer.from(chunk.subarray(from, to)));
      },
      onRecordEnd: () => {},
    });
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => decoder.push(chunk));
  }).listen(join(folder, "app.sock"));
  await once(server, "listening");
  const pool = new Pool(`unix:${join(folder, "app.sock")}`);
  const big = { BIG: "x".repeat(150_000), SMALL: "y" };
  expect((await run(pool, { params: big }).settled).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
  expect(pool.stats.opened).toBe(0);
  expect((await run(pool, { params: big, oversizedParam: "split" }).settled).calls.at(-1)).toBe("end");
  expect(decodeNameValues(Buffer.concat(params)).toObject()).toEqual(big);
  await pool.close();
  server.close();
  rmSync(folder, { recursive: true });
});
