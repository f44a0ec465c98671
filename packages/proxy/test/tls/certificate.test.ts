import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { expandConfig } from "../../src/config/expand.ts";
import type { ResolvedCertificate } from "../../src/config/listen-config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { readCertificate } from "../../src/tls/certificate.ts";
import { Certificates } from "../../src/tls/certificates.ts";
import { localFiles } from "../../src/tls/tls-files.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DAY = 86_400_000;

function wrongOf(files: ResolvedCertificate, now = Date.now()): string {
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
      `the certificate file ${cert}.no does not exist: correct the path, or the file.`,
    );
    expect(wrongOf({ cert, key: `${key}.no` })).toBe(
      `the key file ${key}.no does not exist: correct the path, or the file.`,
    );
    expect(wrongOf({ cert: key, key })).toContain(`${key} holds no certificate in PEM`);
    expect(wrongOf({ cert, key: cert })).toContain(`${cert} holds no private key in PEM`);
  });

  test("[TK05] a key of another certificate, and one with a passphrase", () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    expect(wrongOf({ cert: one.cert, key: other.key })).toBe(
      `the key ${other.key} does not belong to the certificate ${one.cert}: name the one that the certificate was made with.`,
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

  test("each sentence begins with the key of the configuration that names the file", () => {
    const [one, other, locked] = [makeCertificate(), makeCertificate(), makeCertificate({ passphrase: "secret" })];
    const places = { cert: "x.config.ts:3: tls.certificates[1].cert", key: "x.config.ts:4: tls.certificates[1].key" };
    const keyOf = (files: { cert: string; key: string }, now?: number): string =>
      wrongOf({ ...files, places }, now)
        .split(": ")
        .slice(0, 2)
        .join(": ");
    expect(keyOf({ ...one, cert: "/none.pem" })).toBe(places.cert);
    expect(keyOf({ ...one, cert: "/" })).toBe(places.cert);
    expect(keyOf({ ...one, cert: one.key })).toBe(places.cert);
    expect(keyOf(one, Date.now() + 100 * DAY)).toBe(places.cert);
    expect(keyOf(one, Date.now() - DAY)).toBe(places.cert);
    expect(keyOf({ ...one, key: "/none.key" })).toBe(places.key);
    expect(keyOf({ ...one, key: one.cert })).toBe(places.key);
    expect(keyOf({ ...one, key: other.key })).toBe(places.key);
    expect(keyOf(locked)).toBe(places.key);
  });

  test("which is the one of that certificate, with file and line", async () => {
    const folder = temporaryFolder();
    const { cert, key } = makeCertificate({ folder });
    const path = join(folder, "x.config.json");
    const tls = {
      certificates: [
        { cert, key },
        { cert: "none.pem", key },
      ],
    };
    writeFileSync(path, JSON.stringify({ tls, routes: [{ respond: {} }] }, undefined, 1));
    const { config, source } = await loadConfig(path);
    const { listen } = expandConfig(config, source);
    expect(() => new Certificates(listen)).toThrow(
      `x.config.json:9: tls.certificates[1].cert: the certificate file ${folder}/none.pem does not exist: correct`,
    );
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
