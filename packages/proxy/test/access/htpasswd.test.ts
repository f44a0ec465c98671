import { describe, expect, test } from "vitest";

import { PasswordChecker, type PasswordTable, parsePasswords } from "../../src/access/htpasswd.ts";

// Made by `htpasswd -nbB -C 4`, `-nbm` and `-nbs` of Apache 2.4; the password is "geheim".
const BCRYPT = "$2y$04$rkLD.jq70Ozxn6alXQ6BSuPX.kR0i1/K.N1KFdtzqVY3BZ9uJG152";
const APR1 = "$apr1$K.av6sF5$9DIbMSlBfWXZuXmS1FaVi0";
const SHA = "{SHA}kGByAB793z4R5tK1eC9Hd/4Dhzk=";

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
    ["ann:geheim", "line 1: the hash is neither bcrypt, apr1 nor SHA"],
    ["\nann:$1$a$b", "line 2: the hash is neither"],
    [`ann:${BCRYPT.replace("$04$", "$31$")}`, "line 1: the cost of the bcrypt hash must be 4 to 15."],
    [`:${SHA}`, "line 1 is not a name"],
  ])("%j is refused", (text, flaw) => expect(parsePasswords(text)).toContain(flaw));
});

describe("passwords", () => {
  const all = table(`a:${APR1}\ns:${SHA}\nb:${BCRYPT}\n`);

  test("right and wrong ones, of each kind; a second time from memory", async () => {
    const checker = new PasswordChecker();
    for (const name of ["a", "s", "b"]) {
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
