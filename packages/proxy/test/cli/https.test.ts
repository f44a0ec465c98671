import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import { makeCertificate } from "../support/certificates.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { LAST_GET, ask, connectTls, shown } from "../support/tls-server.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

function serve(files: { cert: string; key: string }): ProxyProgram {
  const site = temporaryFolder();
  writeFileSync(join(site, "index.html"), "hello");
  return new ProxyProgram([site, "--listen", "https://127.0.0.1:0", "--cert", files.cert, "--key", files.key]);
}

async function portOf(program: ProxyProgram): Promise<number> {
  return Number((await program.line(/https:\/\/127\.0\.0\.1:(\d+)/))[1]);
}

describe("https by the command line", () => {
  test("SIGHUP reads the certificate again, and an open connection goes on", async () => {
    const folder = temporaryFolder();
    const files = makeCertificate({ names: ["old.test"], folder });
    chmodSync(files.key, 0o644);
    const program = serve(files);
    const port = await portOf(program);
    await program.line(/warn.*the key .*site\.key can be read by every user of this machine: chmod o-r/i);
    const open = await connectTls(port);
    expect(shown(open)).toBe("old.test");
    makeCertificate({ names: ["new.test"], folder });
    program.child.kill("SIGHUP");
    await program.line(/certificates read again: .*site\.pem/);
    expect(shown(await connectTls(port))).toBe("new.test");
    expect(await ask(open, LAST_GET)).toMatch(/hello$/);
    writeFileSync(files.key, "nonsense");
    program.child.kill("SIGHUP");
    await program.line(/the certificates stay as they were: .*site\.key holds no private key in PEM/);
    expect(shown(await connectTls(port))).toBe("new.test");
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test.each([
    [
      "that is missing",
      (files: { cert: string; key: string }) => ({ ...files, cert: "/none.pem" }),
      "x-proxy: --cert: the certificate file /none.pem does not exist: correct the path, or the file.",
    ],
    [
      "of another key",
      (files: { cert: string; key: string }) => ({ ...files, key: makeCertificate().key }),
      "x-proxy: --key: the key ",
    ],
  ])("[TK05] a certificate %s is one sentence and exit code 2", async (_what, change, sentence) => {
    const program = serve(change(makeCertificate()));
    expect(await program.exit()).toBe(2);
    expect(program.stderr).toContain(sentence);
    expect(program.stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a certificate needs its key, also for check", async () => {
    const { cert, key } = makeCertificate();
    const program = new ProxyProgram([temporaryFolder(), "--cert", cert]);
    expect(await program.exit()).toBe(2);
    expect(program.stderr).toContain("--cert and --key belong together");
    const check = new ProxyProgram(["check", temporaryFolder(), "--cert", cert, "--key", `${key}.none`]);
    expect(await check.exit()).toBe(2);
    expect(check.stderr).toContain("site.key.none does not exist");
  });
});
