import { describe, expect, test } from "vitest";

import { MAX_ROUNDS, crypt, parseCrypt } from "../../src/access/crypt.ts";

const LONG = "a very much longer text to encrypt.  This one even stretches over morethan one line.";

async function isOf(password: string, hash: string): Promise<boolean> {
  const parsed = parseCrypt(hash);
  if (parsed === undefined) throw new Error(`${hash} is no hash`);
  return (await crypt(Buffer.from(password), parsed)) === parsed.sum;
}

describe("hashes that others made", () => {
  // Passwords and salts of SHA-crypt.txt and some more, by crypt(3) of glibc; `$apr1$` and the last by htpasswd of Apache 2.4.
  test.each<[password: string, hash: string]>([
    ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
    ["Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"],
    ["This is just a test", "$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5"],
    [LONG, "$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1"],
    [
      "we have a short salt string but not a short password",
      "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
    ],
    ["the minimum number is still observed", "$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC"],
    [
      "Hello world!",
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ],
    [
      "Hello world!",
      "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ],
    [
      "This is just a test",
      "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
    ],
    [
      LONG,
      "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
    ],
    [
      "a short string",
      "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1",
    ],
    ["Hello world!", "$6$$.SKR9BCFmNlzTpsFbxLHKPVAMUdqxN8.85WISsmC.fRIPfZ78cePl/wQJcKzjcsDe8rRtdaVxJHS/E1LzWy3./"],
    ["", "$6$empty$MWslJBrCvUsbDfvDkNQwBNtJFEGiZ5CHosSR8Ol/yMiSd9JINPGkSH4OfOOVEIp87YcT49Wr.Qp4a8bJCR6y2/"],
    ["", "$5$empty$3K9/D2YPFYWGxmrKN0aBSx.KoWwkHU6Pdzn3GnrLXz6"],
    ["pässwört", "$6$umlaut$VKTDgaj8FbBtN.Nlq3S6QwJx.SZO2T5l4GKflBPs.hyAc6hROEgxodhWaXuvSKwt.UsDQKyBuFUVV5eraXW9A."],
    ["pässwört", "$5$umlaut$/Jnd/exA1ZP2HIlRL//F0mNVj2YZvuIT0TD2HvBuLwB"],
    ["Hello world!", "$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1"],
    ["Hello world!", "$1$x$nOgEtOLmf3xhWqibKtjGl."],
    [LONG, "$1$abcdefgh$j37CHvGkiOEUvY/w0I4gw1"],
    ["", "$1$empty$dcN8YAzH./JGClDgyY17.."],
    ["pässwört", "$1$umlaut$A7jJrylMyK35vDCcBi0Sq/"],
    ["pässwört", "$apr1$L25BYCrP$f.P1ld.H560VNdjKpgjyC1"],
    ["geheim", "$apr1$K.av6sF5$9DIbMSlBfWXZuXmS1FaVi0"],
    ["geheim", "$5$ScVsi8Phd5wNUAXk$79uza2xBFikxjlqNWon1dU9QjmJT4LEQOuKiEZjyrB8"],
  ])("%j of %s", async (password, hash) => {
    expect(await isOf(password, hash)).toBe(true);
    expect(await isOf(`${password}.`, hash)).toBe(false);
  });
});

const SUM_5 = "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8";

test.each([
  "geheim",
  "$1$a$b",
  "$1$salttoolong$YMyguxXMBpd2TEZ.vS/3q1",
  `$5$a$${SUM_5.slice(1)}`,
  `$6$a$${SUM_5}`,
  `$5$salt-of-17-letters$${SUM_5}`,
  `$5$rounds=999$a$${SUM_5}`,
  `$5$rounds=${MAX_ROUNDS + 1}$a$${SUM_5}`,
  `$5$rounds=x$a$${SUM_5}`,
  "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
])("%s is none of these", (text) => expect(parseCrypt(text)).toBeUndefined());

test("others have their turn before a slow one is done", async () => {
  const parsed = parseCrypt(`$5$rounds=20000$a$${SUM_5}`);
  const order: string[] = [];
  const done = crypt(Buffer.from("x"), parsed as NonNullable<typeof parsed>).then(() => order.push("hash"));
  await new Promise<void>((resolve) => setImmediate(resolve));
  order.push("other");
  await done;
  expect(order).toEqual(["other", "hash"]);
});
