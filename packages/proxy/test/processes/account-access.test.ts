import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { foldersAbove } from "../../src/folders-above.ts";
import { requireAccess } from "../../src/processes/account-access.ts";
import { findAccount } from "../../src/processes/account.ts";
import { findSetpriv } from "../../src/processes/launcher.ts";
import { isRoot, needs } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("the way to a place begins at the root", () => {
  expect(foldersAbove("/srv/site/public")).toEqual(["/", "/srv", "/srv/site"]);
  expect(foldersAbove("/")).toEqual([]);
});

for (const [how, setpriv] of [
  ["by setpriv", findSetpriv()],
  ["by Node alone", undefined],
] as const) {
  test(`[TJ11] names the folder that another user cannot enter, and the remedy (${how})`, (context) => {
    needs(context, "root", isRoot);
    const nobody = findAccount("nobody");
    const folder = temporaryFolder();
    const site = join(folder, "home", "site");
    mkdirSync(site, { recursive: true });
    const check = (): void => requireAccess(nobody, [{ path: site, what: "the document root", right: "x" }], setpriv);
    expect(check).not.toThrow();
    chmodSync(join(folder, "home"), 0o700);
    expect(check).toThrow(
      `user nobody cannot enter ${folder}/home, on the way to the document root ${site}: run \`chmod a+x ${folder}/home\`, move it to a folder that everybody may enter, such as /srv, or name another one in the configuration (\`user\` of the process).`,
    );
    chmodSync(join(folder, "home"), 0o755);
    chmodSync(site, 0o700);
    expect(check).toThrow(
      `user nobody may not use the document root ${site}: run \`chmod a+rx ${site}\`, or name another one in the configuration (\`user\` of the process).`,
    );
  });
}

test("tells apart what may be run, read and written", (context) => {
  needs(context, "root", isRoot);
  const nobody = findAccount("nobody");
  const folder = temporaryFolder();
  const file = join(folder, "a 'file'");
  writeFileSync(file, "", { mode: 0o600 });
  const check = (right: "x" | "r" | "w", path: string): (() => void) => {
    return () => requireAccess(nobody, [{ path, what: "the thing", right }], findSetpriv());
  };
  expect(check("x", file)).toThrow("may not use");
  expect(check("r", file)).toThrow("may not read");
  expect(check("w", folder)).toThrow(
    `user nobody may not make files in the thing ${folder}: run \`chown nobody ${folder}\``,
  );
  chmodSync(file, 0o755);
  expect(check("x", file)).not.toThrow();
  expect(check("r", file)).not.toThrow();
});

test("as ourselves, asks for our own rights", () => {
  const missing = join(temporaryFolder(), "missing");
  expect(() => requireAccess(undefined, [{ path: missing, what: "the program", right: "x" }], undefined)).toThrow(
    `this user may not use the program ${missing}`,
  );
});
