import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { freePort } from "./support/free-port.ts";
import { at, serve, start, usePeerGroup } from "./support/peer-group.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

usePeerGroup();

test("[f06] waitForStart: an application that begins to listen within the connect timeout serves the request", async () => {
  const pool = new Pool(at("app"), { waitForStart: true });
  const recorder = run(pool);
  await turns(5);
  expect(recorder.calls).toEqual([]);
  await start("app");
  expect((await recorder.settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("[f06] nobody comes: the error says what the last attempt found", async () => {
  const runtime = new TestRuntime();
  const pool = new Pool(at("app"), { waitForStart: true, connectTimeout: 500 }, runtime);
  const recorder = run(pool);
  await turns(5);
  await runtime.pass(700);
  expect((await recorder.settled).code).toBe("FCGI_ERR_CONNECT");
  expect(recorder.error!.message).toContain("the socket file does not exist");
  await pool.close();
});

test("a refused TCP port is tried again, too", async () => {
  const port = await freePort();
  const pool = new Pool(`tcp://127.0.0.1:${port}`, { waitForStart: true });
  const recorder = run(pool);
  await turns(5);
  await using _ = await Peer.start({ ...serve, port });
  expect((await recorder.settled).code).toBeUndefined();
  await pool.close();
});

test("without it a request is told at once", async () => {
  const pool = new Pool(at("app"));
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CONNECT");
  await pool.close();
});
