import { hash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { PasswordChecker, type PasswordTable, parsePasswords } from "../../src/access/htpasswd.ts";

// Made by `htpasswd -nbB -C 4`, `-nbm` and `-nbs` of Apache 2.4; the password is "geheim".
const BCRYPT = "$2y$04$rkLD.jq70Ozxn6alXQ6BSuPX.kR0i1/K.N1KFdtzqVY3BZ9uJG152";
const APR1 = "$apr1$K.av6sF5$9DIbMSlBfWXZuXmS1FaVi0";
// SHA-1 of password and salt, and the salt behind it; the next two by crypt(3).
const SSHA = "{SSHA}jgP6lvwkG5I7v+THuVzuqNnYK8EBAgMEBQYHCA==";
const SHA512 =
  "$6$rounds=1000$htpasswd$ZBzozwiyg72FrTDGGKh3gr9044mBQ99X6A4MReBARihDG26/zNgC0HeqtK6YBJqnu8/SpiIH0KkyCby7la/R81";
const MD5 = "$1$htpasswd$Vrn.S9CnbIdktu2sCTzMF1";
const SHA = "{SHA}kGByAB793z4R5tK1eC9Hd/4Dhzk=";

function sha1(text: string): string {
  return hash("sha1", text, "base64");
}

function table(text: string): PasswordTable {
  const parsed = parsePasswords(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

describe("the file", () => {
  test("names and hashes, comments and empty lines, the first of a name", () => {
    const parsed = table(`# staff\r\n\nann:${APR1}\r\nbob:${SHA}:rest\nann:${SHA}\n`);
    expect([...parsed]).toEqual([
      ["ann", APR1],
      ["bob", SHA],
    ]);
  });

  test.each([
    ["ann", "line 1 is not a name, a colon and a hash."],
    [
      "ann:geheim",
      "line 1: the hash is none of bcrypt ($2y$), SHA-512 ($6$), SHA-256 ($5$), MD5 ($apr1$, $1$), {SHA} and {SSHA}; write it",
    ],
    ["\nann:$1$a$b", "line 2: the hash is none of"],
    [`ann:${BCRYPT.replace("$04$", "$31$")}`, "line 1: the cost of the bcrypt hash must be 4 to 15."],
    [
      `ann:${SHA512.replace("=1000", "=5000000")}`,
      "line 1: the rounds of the hash must be 1000 to 1000000; write it anew",
    ],
    ["ann:{SSHA}c2hvcnQ=", "line 1: the hash is none of"],
    [`:${SHA}`, "line 1 is not a name"],
  ])("%j is refused", (text, flaw) => expect(parsePasswords(text)).toContain(flaw));
});

describe("passwords", () => {
  const all = table(`a:${APR1}\ns:${SHA}\nb:${BCRYPT}\nd:${SSHA}\ne:${SHA512}\nf:${MD5}\n`);

  test("right and wrong ones, of each kind; a second time from memory", async () => {
    const checker = new PasswordChecker();
    for (const name of ["a", "s", "b", "d", "e", "f"]) {
      expect([name, await checker.check(name, "geheim", all)]).toEqual([name, true]);
      expect([name, checker.check(name, "geheim", all)]).toEqual([name, true]);
      expect([name, await checker.check(name, "wrong", all)]).toEqual([name, false]);
    }
  });

  test("a name that is not there is wrong with any password, and costs as much", async () => {
    const checker = new PasswordChecker();
    const answer = checker.check("nobody", "geheim", all);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(false);
    expect(checker.check("nobody", "x", new Map())).toBe(false);
  });

  test("one that is far too long is wrong: some hashes take the square of its length", async () => {
    const long = "x".repeat(513);
    expect(await new PasswordChecker().check("s", long, table(`s:{SHA}${sha1(long)}`))).toBe(false);
    const fits = long.slice(1);
    expect(await new PasswordChecker().check("s", fits, table(`s:{SHA}${sha1(fits)}`))).toBe(true);
  });

  test("a changed hash is asked again", async () => {
    const checker = new PasswordChecker();
    expect(await checker.check("a", "geheim", all)).toBe(true);
    expect(await checker.check("a", "geheim", table(`a:${APR1.replace("9DI", "ADI")}`))).toBe(false);
  });

  test("checks that wait are bounded", async () => {
    const checker = new PasswordChecker();
    const answers = Array.from({ length: 65 }, (_it, at) => checker.check("a", `guess ${at}`, all));
    expect(answers.at(-1)).toBeUndefined();
    expect(await Promise.all(answers.slice(0, -1).map(async (it) => it))).toEqual(
      Array.from({ length: 64 }, () => false),
    );
    expect(await checker.check("a", "again", all)).toBe(false);
  });
});
