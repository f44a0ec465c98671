import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { temporaryFolder } from "../support/application.ts";
import { ask, run } from "../support/command.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const FLAGS = join(import.meta.dirname, "../support/socket-flags-application.ts");

// All workers have one open socket: what one of them makes of it, it is for all.
test.runIf(existsSync("/proc/self/fdinfo/0"))(
  "accepting never blocks a worker, also while others start and after they have ended",
  async () => {
    const path = join(temporaryFolder(), "app.sock");
    const { child, says } = run([FLAGS, "--listen", `unix:${path}`, "--workers", "2", "-v"]);
    await says(`on unix:${path}`);
    child.kill("SIGHUP");
    await says("exit (0)");
    await says("exit (0)");
    const answers = [];
    for (let asked = 0; asked < 4; asked++) answers.push(await ask(path));
    expect(new Set(answers)).toEqual(new Set(["[false,false]"]));
  },
);
