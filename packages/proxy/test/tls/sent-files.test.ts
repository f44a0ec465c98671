import { chmodSync, rmSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { CertificateStore } from "../../src/tls/certificate-store.ts";
import { SentFiles, filesToSend } from "../../src/tls/sent-files.ts";
import { localFiles } from "../../src/tls/tls-files.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const rules = { minVersion: "TLSv1.2", ciphers: undefined } as const;

describe("certificates that another process read", () => {
  test("are those that it sent, until it sends others", () => {
    const folder = temporaryFolder();
    const tls = { ...rules, certificates: [makeCertificate({ names: ["old.test"], folder })] };
    const send = (): SentFiles => new SentFiles(structuredClone(filesToSend([{ tls }], localFiles)));
    const files = send();
    const store = new CertificateStore(tls, files);
    makeCertificate({ names: ["new.test"], folder });
    for (let look = 0; look < 3; look++) store.readIfChanged();
    expect(store.first.names).toEqual(["old.test"]);
    files.replace(structuredClone(filesToSend([{ tls }], localFiles)));
    for (let look = 0; look < 2; look++) store.readIfChanged();
    expect(store.first.names).toEqual(["new.test"]);
  });

  test("what is wrong with a file is said as where it was read", () => {
    const certificate = makeCertificate();
    const tls = { ...rules, certificates: [certificate] };
    const store = (): CertificateStore => new CertificateStore(tls, new SentFiles(filesToSend([{ tls }], localFiles)));
    chmodSync(certificate.key, 0o644);
    expect(store().warnings).toEqual([expect.stringContaining("can be read by every user") as string]);
    rmSync(certificate.key);
    expect(store).toThrow(`the key file ${certificate.key} does not exist: correct the path, or the file.`);
    expect(() => new CertificateStore(tls, new SentFiles(new Map()))).toThrow("does not exist");
  });
});
