import { chownSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { chooseAccount, findAccount, parsePasswd } from "../../src/processes/account.ts";
import { isRoot, needs } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const key = "processes.php.user";
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nada:x:1001:100:Ada:/home/ada:/bin/sh\n+::::::\nnohome:x:7:7:::\n";

test("reads passwd(5) by name and by number", () => {
  expect(parsePasswd(PASSWD, "ada")).toEqual({ name: "ada", uid: 1001, gid: 100, home: "/home/ada", listed: true });
  expect(parsePasswd(PASSWD, "1001")?.name).toBe("ada");
  expect(parsePasswd(PASSWD, "nohome")?.home).toBe("/");
  expect(parsePasswd(PASSWD, "eve")).toBeUndefined();
});

test("a name that looks like an option is never given to a program", () => {
  expect(findAccount("--help")).toBeUndefined();
});

describe("not started as root", () => {
  test("runs as we are", () => {
    expect(chooseAccount({ configured: undefined, root: "/", key, uid: 1234 })).toBeUndefined();
  });

  test("our own name may be configured, another one is an error that says why", () => {
    const nobody = findAccount("nobody");
    expect(chooseAccount({ configured: "nobody", root: "/", key, uid: nobody?.uid ?? 0 })).toBeUndefined();
    expect(() => chooseAccount({ configured: "nobody", root: "/", key, uid: 1234 })).toThrow(
      "processes.php.user is nobody, but only root can start a program as another user: start as root, or leave it out.",
    );
  });
});

describe("started as root", () => {
  test("[TJ11] never runs an application as root", () => {
    expect(() => chooseAccount({ configured: "root", root: "/", key, uid: 0 })).toThrow(
      "processes.php.user is root, and neither applications nor the worker ever run as root: name another user, such as www-data.",
    );
    const chosen = chooseAccount({ configured: undefined, root: "/", key, uid: 0 });
    expect(chosen?.uid).toBeGreaterThan(0);
    expect(["www-data", "http", "nginx", "apache", "_www", "nobody"]).toContain(chosen?.name);
  });

  test("the configured user comes first", () => {
    expect(chooseAccount({ configured: "nobody", root: "/", key, uid: 0 })?.name).toBe("nobody");
    expect(() => chooseAccount({ configured: "no-such-user", root: "/", key, uid: 0 })).toThrow(
      'processes.php.user is "no-such-user", and this machine has no such user.',
    );
  });

  test("then the owner of the document root, listed or not", (context) => {
    needs(context, "root", isRoot);
    const folder = temporaryFolder();
    const nobody = findAccount("nobody");
    chownSync(folder, nobody?.uid ?? 0, nobody?.gid ?? 0);
    expect(chooseAccount({ configured: undefined, root: folder, key, uid: 0 })).toEqual(nobody);
    chownSync(folder, 54_321, 54_322);
    expect(chooseAccount({ configured: undefined, root: folder, key, uid: 0 })).toEqual({
      name: "54321",
      uid: 54_321,
      gid: 54_322,
      home: "/",
      listed: false,
    });
  });
});
