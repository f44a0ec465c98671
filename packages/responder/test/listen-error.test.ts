import { expect, test } from "vitest";

import { cannotListen } from "../src/listen-error.ts";

const denied = Object.assign(new Error("listen EACCES: permission denied"), { code: "EACCES" });

test("a socket that this user may not make is told with its folder, a port with what is free", () => {
  const folder = "/nobody/may/write/here";
  const path = `${folder}/app.sock`;
  expect(cannotListen(`unix:${path}`, { kind: "unix", path }, denied)).toMatchObject({
    code: "FCGI_ERR_LISTEN",
    phase: "listen",
    cause: denied,
    message: `Cannot listen on unix:${path}: this user may not make a socket in ${folder}; choose a folder that it may write to, or have root make one for it.`,
  });
  const port = { kind: "tcp", host: "127.0.0.1", port: 80 } as const;
  expect(cannotListen("tcp://127.0.0.1:80", port, denied).message).toContain("a port above 1023");
});

test("what nobody has foreseen is told as the system tells it", () => {
  const cause = Object.assign(new Error("too many open files (EMFILE)."), { code: "EMFILE" });
  const address = { kind: "tcp", host: "127.0.0.1", port: 9000 } as const;
  expect(cannotListen("tcp://127.0.0.1:9000", address, cause).message).toBe(
    "Cannot listen on tcp://127.0.0.1:9000: too many open files (EMFILE).",
  );
});
