import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { needs } from "../support/needs.ts";
import { eventually, openFiles } from "../support/open-files.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test(
  "[f62] a program that is killed while bodies wait leaves nothing on the disk",
  { timeout: 60_000 },
  async (context) => {
    needs(context, "/proc", existsSync("/proc/self/fd"));
    const backend = await ScriptedBackend.listen(() => {});
    const folder = temporaryFolder();
    const spool = join(folder, "spool");
    const config = {
      upstreams: { app: { addresses: [backend.address], capacity: 1 } },
      routes: [{ fastcgi: { upstream: "app" } }],
      limits: { spool: { folder: spool } },
    };
    writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
    const program = new ProxyProgram(["--config", join(folder, "x.config.json"), "--listen", "127.0.0.1:0"]);
    const port = await program.port();
    new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await backend.request(0);
    // Whole, and waiting for a place at the application.
    const body = "x".repeat(300_000);
    const client = new RawClient(port).write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    // Its name is gone as soon as it is open.
    await eventually(() => openFiles(spool, program.worker).some((file) => file.endsWith(" (deleted)")));
    await program.signal("SIGKILL");
    expect(await client.closed()).toBe("");
    expect(backend.requests).toHaveLength(1);
    const [own] = readdirSync(spool);
    expect(readdirSync(join(spool, own ?? ""))).toEqual([]);
  },
);
