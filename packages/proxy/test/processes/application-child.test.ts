import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { ApplicationChild } from "../../src/processes/application-child.ts";
import { findSetpriv } from "../../src/processes/launcher.ts";
import { needs } from "../support/needs.ts";
import { eventually } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

test("[f44] its last words are heard, even when we were busy with something else for longer than they are waited for", async (context) => {
  needs(context, "setsid(1) of util-linux", findSetpriv() !== undefined);
  const folder = temporaryFolder();
  const [go, done] = [join(folder, "go"), join(folder, "done")];
  execFileSync("mkfifo", [go, done]);
  // Somebody outside of its group holds its output, and writes when it has ended.
  const last = `echo up $$; read word <'${go}'; echo 'the reason'; echo done >'${done}'`;
  const said: string[] = [];
  let tell: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (tell = resolve));
  const child = new ApplicationChild({
    launch: { file: "/bin/sh", args: ["-c", `setsid sh -c "$0" & exec sleep 1000`, last] },
    cwd: "/",
    environment: { PATH: process.env["PATH"] ?? "" },
    terminate: "group",
    onLine: (_stream, line) => said.push(line),
    onExit: (reason) => tell(reason),
  });
  onTestFinished(() => child.kill());
  await eventually(() => said.length > 0);
  process.kill(child.pid ?? 0, "SIGKILL");
  await eventually(() => !child.running);
  // From here on nothing else happens in this process until the words lie in the pipe and their time is over.
  execFileSync("sh", ["-c", `echo go >'${go}'; read word <'${done}'`], { timeout: 30_000 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect(await ended).toBe("was ended by SIGKILL");
  expect(said.slice(1)).toEqual(["the reason"]);
});
