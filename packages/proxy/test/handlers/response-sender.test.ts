import type { DispatchController } from "@x/client";
import { expect, onTestFinished, test } from "vitest";

import { ResponseSender } from "../../src/handlers/response-sender.ts";
import { BLOCK_SIZE } from "../../src/spool/blocks.ts";
import { SpoolFile } from "../../src/spool/spool-file.ts";
import { Spool } from "../../src/spool/spool.ts";
import { MemoryExchange } from "../support/memory-exchange.ts";
import { eventually } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An application's side that counts. */
class Controller {
  paused = 0;
  resumed = 0;
  retained = 0;
  readonly it = {
    pause: () => void this.paused++,
    resume: () => void this.resumed++,
    retain: () => {
      this.retained++;
      return { release: () => void this.retained-- };
    },
  } as unknown as DispatchController;
}

function make(quota = 1e9): {
  response: MemoryExchange;
  controller: Controller;
  sender: ResponseSender;
  spool: Spool;
  lost: string[];
} {
  const response = new MemoryExchange("/");
  response.start(200, []);
  const spool = new Spool({ folder: temporaryFolder(), quota });
  const lost: string[] = [];
  const sender = new ResponseSender(response, { spool, store: true }, (error) => lost.push(error.message));
  onTestFinished(() => {
    sender.drop();
    response.drain();
    spool.end();
  });
  return { response, controller: new Controller(), sender, spool, lost };
}

test("what the connection still takes goes out at once, the rest waits, and the order stays", async () => {
  const { response, controller, sender } = make();
  response.takes = false;
  sender.write(Buffer.alloc(60_000, "a"), controller.it);
  sender.write(Buffer.alloc(5_536, "b"), controller.it);
  expect(response.text).toHaveLength(65_536);
  sender.write(Buffer.alloc(5_000, "c"), controller.it);
  sender.write(Buffer.alloc(10, "d"), controller.it);
  expect(response.text).toHaveLength(65_536);
  await new Promise(setImmediate);
  expect(response.text).toHaveLength(65_536);
  response.drain();
  let sent = false;
  sender.end(() => (sent = true));
  await eventually(() => sent);
  expect(response.text).toBe(`${"a".repeat(60_000)}${"b".repeat(5_536)}${"c".repeat(5_000)}${"d".repeat(10)}`);
  expect(controller).toMatchObject({ paused: 0, resumed: 0, retained: 0 });
});

test("small pieces that pile up leave together", async () => {
  const { response, controller, sender } = make();
  response.takes = false;
  sender.write(Buffer.alloc(4_095, "a"), controller.it);
  for (let count = 0; count < 100; count++) sender.write(Buffer.alloc(1_000, "b"), controller.it);
  const first = response.text.length;
  expect(first).toBeLessThanOrEqual(65_536);
  // One more goes, and what tells when that was taken.
  await new Promise(setImmediate);
  expect(response.text.length).toBe(4_095 + 100_000);
  sender.write(Buffer.alloc(1_000, "c"), controller.it);
  await new Promise(setImmediate);
  expect(response.text.length).toBe(4_095 + 100_000);
  response.drain();
  expect(response.text.length).toBe(4_095 + 101_000);
});

test("what comes while the last of the queue is on its way stays behind it", async () => {
  const { response, controller, sender } = make();
  response.takes = false;
  sender.write(Buffer.alloc(65_536, "a"), controller.it);
  sender.write(Buffer.from("first "), controller.it);
  response.drain();
  sender.write(Buffer.from("second"), controller.it);
  await new Promise(setImmediate);
  expect(response.text).toMatch(/^a+first second$/);
});

test("the application is held while the disk is slower, and goes on", async () => {
  const { response, controller, sender, spool } = make();
  response.takes = false;
  sender.write(Buffer.alloc(65_536), controller.it);
  sender.write(Buffer.alloc(3 * BLOCK_SIZE), controller.it);
  expect(controller.paused).toBe(1);
  await eventually(() => controller.resumed === 1);
  expect(spool.stats.files).toBe(1);
  expect(response.text).toHaveLength(65_536);
});

test("[f21] without room, slow clients get a piece at a time, and each application waits until it was taken", () => {
  const all = Array.from({ length: 160 }, () => {
    const made = make(0);
    made.response.takes = false;
    made.sender.write(Buffer.alloc(60_000, "a"), made.controller.it);
    return made;
  });
  // So many take nothing that the last get no 64 KiB at once.
  const { response, controller, sender, spool } = make(0);
  response.takes = false;
  sender.write(Buffer.alloc(8_000, "a"), controller.it);
  expect([response.text, controller.paused, controller.resumed]).toEqual(["a".repeat(8_000), 1, 0]);
  response.drain();
  expect(controller.resumed).toBe(1);
  response.takes = false;
  sender.write(Buffer.alloc(8_000, "b"), controller.it);
  expect([controller.paused, controller.resumed]).toEqual([2, 1]);
  expect(spool.stats.refused).toBe(1);
  for (const made of all) made.response.drain();
});

test("what cannot be read back cuts the response", async () => {
  const { response, controller, sender, lost } = make();
  response.takes = false;
  sender.write(Buffer.alloc(65_536), controller.it);
  sender.write(Buffer.alloc(2 * BLOCK_SIZE), controller.it);
  const { read } = SpoolFile.prototype;
  SpoolFile.prototype.read = (_bytes, _position, callback) => void setImmediate(callback, new Error("EIO: i/o error"));
  onTestFinished(() => void (SpoolFile.prototype.read = read));
  await eventually(() => controller.resumed === controller.paused);
  response.drain();
  await eventually(() => lost.length > 0);
  expect(lost[0]).toContain("EIO");
});

test("large chunks stay where they lie until they are written, small ones are copied", async () => {
  const { controller, sender } = make();
  sender.write(Buffer.alloc(4_095), controller.it);
  expect(controller.retained).toBe(0);
  sender.write(Buffer.alloc(4_096), controller.it);
  expect(controller.retained).toBe(1);
  await eventually(() => controller.retained === 0);
});

test("[f21] so many stay where they lie, all others are copied as well", () => {
  const before = Array.from({ length: 120 }, () => {
    const { response, controller, sender } = make();
    response.takes = false;
    sender.write(Buffer.alloc(60_000, "x"), controller.it);
    expect(response.text).toBe("x".repeat(60_000));
    return { response, controller };
  });
  const kept = (): number => before.reduce((sum, { controller }) => sum + controller.retained, 0);
  expect(kept()).toBe(64);
  for (const { response } of before) response.drain();
  expect(kept()).toBe(0);
});
