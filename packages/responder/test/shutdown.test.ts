import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "./support/application.ts";
import { FrontEnd, post, request, stdin } from "./support/front-end.ts";
import { printed, start } from "./support/process.ts";
import type { ApplicationProcess } from "./support/process.ts";

interface Running extends ApplicationProcess {
  path: string;
  frontEnd: FrontEnd;
}

/** An application with one request in flight, which ends when its STDIN does. */
async function running(environment: Record<string, string> = {}): Promise<Running> {
  const path = join(temporaryFolder(), "app.sock");
  const application = start("signal-application.ts", { environment: { LISTEN: `unix:${path}`, ...environment } });
  expect(await printed(application)).toBe(`unix:${path}`);
  const frontEnd = await FrontEnd.connect(`unix:${path}`);
  onTestFinished(() => frontEnd.destroy());
  frontEnd.send(request(1, { params: post(8), stdin: undefined }), stdin(1, "half"));
  await frontEnd.ping();
  return { ...application, path, frontEnd };
}

/** Sends requests until one is refused: the signal has arrived then. */
async function untilRefused(frontEnd: FrontEnd): Promise<void> {
  while ((await frontEnd.exchange(2)).protocolStatus === 0);
}

test.for(["SIGTERM", "SIGINT"] as const)(
  "[P8][Q2] %s: no new connection, OVERLOADED for new requests, those in flight finish, exit code 0",
  async (signal) => {
    const { child, exit, path, frontEnd } = await running();
    child.kill(signal);
    await untilRefused(frontEnd);
    expect(existsSync(path)).toBe(false);
    await expect(FrontEnd.connect(`unix:${path}`)).rejects.toMatchObject({ code: "ENOENT" });
    frontEnd.send(stdin(1, "half"));
    expect(await frontEnd.answer(1)).toMatchObject({ body: "halfhalf", appStatus: 0 });
    await frontEnd.ended;
    expect(await exit).toBe(0);
  },
);

test("[P8][Q2] a second signal cuts what is in flight", async () => {
  const { child, exit, path, frontEnd } = await running();
  child.kill("SIGTERM");
  await untilRefused(frontEnd);
  child.kill("SIGTERM");
  await frontEnd.ended;
  expect(frontEnd.received).toEqual([]);
  expect(await exit).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("[Q2] the grace is bounded", async () => {
  const { child, exit, frontEnd } = await running({ GRACE: "50" });
  child.kill("SIGTERM");
  await frontEnd.ended;
  expect(frontEnd.received).toEqual([]);
  expect(await exit).toBe(0);
});

test("a start that fails says why in one sentence and exits with 1", async () => {
  const { exit, errors } = start("signal-application.ts", { environment: { LISTEN: "unix:/nowhere/app.sock" } });
  expect(await exit).toBe(1);
  expect(errors()).toContain("Cannot listen on unix:/nowhere/app.sock: the folder /nowhere does not exist");
});
