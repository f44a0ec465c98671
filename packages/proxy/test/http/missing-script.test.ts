import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { explainMissingScript } from "../../src/http/missing-script.ts";
import type { MissingScript } from "../../src/http/missing-script.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SOCKET = "unix:/run/php/php-fpm.sock";

function site(): { folder: string; script: string } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "site"), { mode: 0o755 });
  const script = join(folder, "site", "index.php");
  writeFileSync(script, "");
  return { folder, script };
}

function explain(script: string, address = SOCKET): MissingScript | undefined {
  return explainMissingScript("PHP message: Primary script unknown", Buffer.from(script).toString("latin1"), address);
}

test("anything else that is written to stderr is no such case", () => {
  expect(explainMissingScript("PHP Warning: x", "/a.php", SOCKET)).toBeUndefined();
});

test("a folder that is closed: which, and the command that opens it", () => {
  const { folder, script } = site();
  chmodSync(join(folder, "site"), 0o750);
  expect(explain(script)).toEqual({
    reason: `PHP-FPM cannot see the script ${script} ("Primary script unknown"): ${folder}/site lets no other users in.`,
    advice: `Run \`chmod o+x ${folder}/site\`, or let the pool run as the owner of the site (user in its pool file).`,
    isThere: true,
  });
});

test("a link that leads through a closed folder", () => {
  const { folder, script } = site();
  mkdirSync(join(folder, "closed"), { mode: 0o700 });
  writeFileSync(join(folder, "closed/page.php"), "");
  const link = join(folder, "site/page.php");
  symlinkSync("../closed/page.php", link);
  expect(explain(link)?.reason).toBe(
    `PHP-FPM cannot see the script ${link} ("Primary script unknown"): ${folder}/closed lets no other users in. Links lead from it to ${folder}/closed/page.php.`,
  );
  expect(explain(script)?.reason).not.toContain("Links");
});

test("all is open: a chroot, a container, or a /tmp of its own", () => {
  const { script } = site();
  const { reason, advice, isThere } = explain(script) as MissingScript;
  expect(isThere).toBe(true);
  expect(reason).toContain("it is there, in folders that are open to all, so PHP-FPM sees another file system.");
  expect(advice).toContain("Has its pool file a chroot?");
  if (script.startsWith("/tmp/")) expect(advice).toContain("PrivateTmp=");
});

test("it is not there: not the server's fault", () => {
  expect(explain("/nowhere/ä/index.php")).toMatchObject({
    reason:
      'PHP-FPM cannot see the script /nowhere/ä/index.php ("Primary script unknown"): it is not there on this machine.',
    isThere: false,
  });
});

test("another machine has other folders", () => {
  const { script } = site();
  expect(explain(script, "tcp://10.0.0.6:9000")).toMatchObject({
    reason: `PHP-FPM cannot see the script ${script} ("Primary script unknown"): it runs on 10.0.0.6, and looks there.`,
    isThere: false,
  });
  for (const address of ["tcp://127.0.0.1:9000", "tcp://[::1]:9000", "tcp://localhost:9000"]) {
    expect(explain(script, address)?.isThere).toBe(true);
  }
});
