import { chmodSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { readCertificate } from "../../src/tls/certificate.ts";
import { localFiles } from "../../src/tls/tls-files.ts";
import { makeCertificate } from "../support/certificates.ts";

const DAY = 86_400_000;

function wrongOf(files: { cert: string; key: string }, now = Date.now()): string {
  try {
    readCertificate(files, localFiles, {}, now);
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing is wrong";
}

describe("reading a certificate", () => {
  test("its names, and nothing to warn of", () => {
    const files = makeCertificate({ names: ["Example.org", "*.example.org"] });
    const { names, warnings } = readCertificate(files, localFiles, {}, Date.now());
    expect(names).toEqual(["example.org", "*.example.org"]);
    expect(warnings).toEqual([]);
  });

  test("[TK05] a file that is missing, or is something else", () => {
    const { cert, key } = makeCertificate();
    expect(wrongOf({ cert: `${cert}.no`, key })).toBe(
      `the certificate file ${cert}.no does not exist: correct tls.cert, or the file.`,
    );
    expect(wrongOf({ cert, key: `${key}.no` })).toBe(
      `the key file ${key}.no does not exist: correct tls.key, or the file.`,
    );
    expect(wrongOf({ cert: key, key })).toContain(`${key} holds no certificate in PEM`);
    expect(wrongOf({ cert, key: cert })).toContain(`${cert} holds no private key in PEM`);
  });

  test("[TK05] a key of another certificate, and one with a passphrase", () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    expect(wrongOf({ cert: one.cert, key: other.key })).toBe(
      `the key ${other.key} does not belong to the certificate ${one.cert}: name the one that it was made with.`,
    );
    const locked = makeCertificate({ passphrase: "secret" });
    expect(wrongOf(locked)).toContain(`the key ${locked.key} has a passphrase`);
  });

  test("[TK05] one that has expired, or is not valid yet", () => {
    const files = makeCertificate({ days: 10 });
    expect(wrongOf(files, Date.now() + 11 * DAY)).toMatch(
      /^the certificate .*site\.pem expired on \d{4}-\d\d-\d\d: renew it\.$/,
    );
    expect(wrongOf(files, Date.now() - DAY)).toContain("is not valid before");
    const { warnings } = readCertificate(files, localFiles, {}, Date.now() + 9.5 * DAY);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/expires on .*: renew it$/);
  });

  test("[f57] half of a file", () => {
    const { cert, key } = makeCertificate();
    writeFileSync(cert, "-----BEGIN CERTIFICATE-----\nMIIB");
    expect(wrongOf({ cert, key })).toContain("holds no certificate in PEM");
  });

  test("a key that everybody can read is warned of", () => {
    const files = makeCertificate();
    chmodSync(files.key, 0o644);
    expect(readCertificate(files, localFiles, {}, Date.now()).warnings).toEqual([
      `the key ${files.key} can be read by every user of this machine: chmod o-r ${files.key}`,
    ]);
  });
});
