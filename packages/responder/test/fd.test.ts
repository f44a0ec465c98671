import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "./support/application.ts";
import { FrontEnd } from "./support/front-end.ts";
import { start, withTcpListener, withUnixListener } from "./support/process.ts";

async function answer(address: string): Promise<string> {
  const frontEnd = await FrontEnd.connect(address);
  onTestFinished(() => frontEnd.destroy());
  return (await frontEnd.exchange(1, { keepConn: false })).body;
}

test("[P1][P3] without an address it listens on fd 0: a UNIX socket", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child } = await withUnixListener(path, (fd) => start("fd-application.ts", { stdin: fd }));
  expect(await answer(`unix:${path}`)).toBe(String(child.pid));
});

test("[P1][P3] … or a TCP socket", async () => {
  const [{ child }, port] = await withTcpListener("127.0.0.1", (fd) => start("fd-application.ts", { stdin: fd }));
  expect(await answer(`tcp://127.0.0.1:${port}`)).toBe(String(child.pid));
});

test("[P1] stdout and stderr that are closed at the start end nothing", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, exit } = await withUnixListener(path, (fd) =>
    start("fd-application.ts", { stdin: fd, closeOutput: true }),
  );
  expect(await answer(`unix:${path}`)).toBe(String(child.pid));
  expect(await answer(`unix:${path}`)).toBe(String(child.pid));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("[P4] FCGI_WEB_SERVER_ADDRS closes UNIX peers on fd 0, which are not on any list", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const environment = { FCGI_WEB_SERVER_ADDRS: "127.0.0.1" };
  await withUnixListener(path, (fd) => start("fd-application.ts", { stdin: fd, environment }));
  const frontEnd = await FrontEnd.connect(`unix:${path}`);
  await frontEnd.ended;
  expect(frontEnd.bytesRead).toBe(0);
});

test("[TF33] fd 0 that other machines can reach is refused without a list of allowed peers", async () => {
  const [{ exit, errors }] = await withTcpListener("0.0.0.0", (fd) => start("fd-application.ts", { stdin: fd }));
  expect(await exit).toBe(1);
  expect(errors()).toContain("list the web servers in allowedPeers or FCGI_WEB_SERVER_ADDRS");
});

test.for(["ignore", "pipe"] as const)("[P2] fd 0 that does not listen (%s) is told with what to do", async (stdin) => {
  const { exit, errors } = start("fd-application.ts", { stdin });
  expect(await exit).toBe(1);
  expect(errors()).toMatch(
    /listening socket.*say where to listen, such as listen: "unix:\/run\/app\.sock"|nothing to listen on/,
  );
});
