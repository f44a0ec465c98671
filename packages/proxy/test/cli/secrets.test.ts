import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ProxyProgram } from "../support/proxy-program.ts";
import { RawClient } from "../support/raw-client.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SECRET = "correct-horse";

test("[TK04] what is set for applications stands in no log, no error page and no check", async () => {
  const folder = temporaryFolder();
  const config = {
    listen: ["127.0.0.1:0"],
    errors: "developer",
    log: { access: { format: "json" } },
    upstreams: { app: { addresses: ["unix:absent.sock"] }, own: { addresses: ["tcp://127.0.0.1:9"] } },
    processes: { own: { kind: "command", command: ["false"], upstream: "own", environment: { PASSWORD: SECRET } } },
    routes: [{ fastcgi: { upstream: "app", params: { PASSWORD: SECRET } } }],
  };
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
  const checked = new ProxyProgram(["check", "--verbose"], { cwd: folder });
  await checked.exit();
  const program = new ProxyProgram(["serve", "--verbose", "--config", "x.config.json"], { cwd: folder });
  const port = await program.port();
  const request = `GET /?x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${SECRET}\r\nCookie: ${SECRET}\r\nConnection: close\r\n\r\n`;
  const answer = await new RawClient(port).write(request).closed();
  expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*absent\.sock/);
  await program.line(/own: .*started again/);
  await program.signal("SIGTERM");
  expect(program.stdout).toContain('"status":502');
  for (const text of [checked.stdout, checked.stderr, answer, program.stdout, program.stderr])
    expect(text).not.toContain(SECRET);
});
