import { lstatSync } from "node:fs";
import { join } from "node:path";

import { isFastCGIError } from "@x/protocol/errors";
import { expect, onTestFinished, test } from "vitest";

import { serve } from "../src/serve.ts";
import { socketGroup } from "../src/socket-group.ts";
import { temporaryFolder } from "./support/application.ts";

const GROUPS = "root:x:0:\nnginx:x:101:\nwww-data:x:33:caddy\nbroken\nodd:x:none:\n";

test.each([
  [{ group: "nginx" }, false, 101],
  [{ group: "www-data", mode: 0o600 }, true, 33],
  [{ group: 7 }, false, 7],
  [{ group: "7" }, false, 7],
  [{}, false, undefined],
  [{}, true, 33],
  [{ mode: 0o660 }, true, undefined],
] as const)("[TJ01] %o, started by root: %s, is group %s", (options, root, expected) => {
  expect(socketGroup(options, root, GROUPS)).toBe(expected);
});

test("root on a machine without a web server's group keeps its own", () => {
  expect(socketGroup({}, true, "root:x:0:\n")).toBeUndefined();
  expect(socketGroup({}, true, "")).toBeUndefined();
});

test.each(["nowhere", "", "odd", "broken", "-1"])("a group %o that the machine does not have is a mistake", (group) => {
  expect(() => socketGroup({ group }, true, GROUPS)).toThrow(`This machine has no group ${group}: `);
});

test("[TJ01] the socket file belongs to the group", async () => {
  const group = process.getegid!();
  const path = join(temporaryFolder(), "app.sock");
  const server = serve({ fetch: () => new Response(), listen: `unix:${path}`, group, signals: false });
  onTestFinished(() => server.destroy());
  await server.ready;
  const { gid, mode } = lstatSync(path);
  expect([gid, mode & 0o777]).toEqual([group, 0o660]);
});

test("[TJ01] root gives it to any group; who may not is told so, and nothing is left", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const server = serve({ fetch: () => new Response(), listen: `unix:${path}`, group: 12_345, signals: false });
  onTestFinished(() => server.destroy());
  const error = await server.ready.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (process.geteuid?.() === 0) {
    expect(error).toBeUndefined();
    expect(lstatSync(path).gid).toBe(12_345);
  } else {
    expect(isFastCGIError(error, "FCGI_ERR_LISTEN") && error.message).toContain("to the group 12345");
    await server.destroy();
    expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
  }
});
