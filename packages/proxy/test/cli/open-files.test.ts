import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { ProxyProgram } from "../support/proxy-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** The program, allowed to open so many files. */
function startWith(files: number, connections: number | undefined): ProxyProgram {
  const folder = temporaryFolder();
  const config = { listen: ["127.0.0.1:0"], routes: [{ respond: {} }], limits: { connections } };
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
  return new ProxyProgram(["serve", "--config", "x.config.json"], {
    cwd: folder,
    wrapper: (command) => ["sh", "-c", `ulimit -n ${files} && exec "$@"`, "sh", ...command],
  });
}

test.runIf(process.platform === "linux")("[Q26] a process that may open too few files does not start", async () => {
  const program = startWith(150, undefined);
  expect(await program.exit()).toBe(2);
  expect(program.stderr).toMatch(
    /^x-proxy: this process may open 150 files, which is enough for 43 clients: allow 192 /,
  );
});

test.runIf(process.platform === "linux")(
  "[Q26] one that is to have few clients does, and more than fit are named",
  async () => {
    const few = startWith(150, 40);
    await few.port();
    expect(await few.signal("SIGTERM")).toBe(0);
    expect(few.stderr).not.toContain("limits.connections");
    const many = startWith(300, 1_000);
    await many.line(/limits\.connections is 1000, and 118 fit [^\n]* to 2064/);
    expect(await many.signal("SIGTERM")).toBe(0);
  },
);
