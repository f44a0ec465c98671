import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { rmSync, writeFileSync } from "node:fs";

import { describe, expect, onTestFinished, test } from "vitest";

import type { CertificateEvent } from "../../src/tls/certificate-events.ts";
import { CertificateStore } from "../../src/tls/certificate-store.ts";
import { Certificates } from "../../src/tls/certificates.ts";
import { localFiles } from "../../src/tls/tls-files.ts";
import { makeCertificate } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { LAST_GET, ask, connectTls, shown, startServer } from "../support/tls-server.ts";

const CHANNEL = "fastcgi:proxy:certificates";
const rules = { minVersion: "TLSv1.2", ciphers: undefined } as const;

function nextEvent(): Promise<CertificateEvent> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      unsubscribe(CHANNEL, listener);
      resolve(message as CertificateEvent);
    };
    subscribe(CHANNEL, listener);
    onTestFinished(() => void unsubscribe(CHANNEL, listener));
  });
}

describe("certificates that change", () => {
  test("new connections get the new one, and those that are open go on", async () => {
    const folder = temporaryFolder();
    const tls = makeCertificate({ names: ["old.test"], folder });
    const { server, ports } = await startServer({ listen: ["https://127.0.0.1:0"], tls });
    const open = await connectTls(ports[0] ?? 0);
    expect(shown(open)).toBe("old.test");
    makeCertificate({ names: ["new.test"], folder });
    expect(server.reloadCertificates()).toBe(true);
    expect(shown(await connectTls(ports[0] ?? 0))).toBe("new.test");
    expect(shown(await connectTls(ports[0] ?? 0, { servername: "" }))).toBe("new.test");
    expect(await ask(open, LAST_GET)).toMatch(/hello$/);
  });

  test("[TK05] [f57] what is wrong with the new files leaves the old certificate, and says so once", async () => {
    const tls = makeCertificate({ names: ["old.test"] });
    const { server, ports } = await startServer({ listen: ["https://127.0.0.1:0"], tls });
    writeFileSync(tls.cert, "-----BEGIN CERTIFICATE-----\nMIIB");
    const event = nextEvent();
    server.reloadCertificates();
    expect(await event).toMatchObject({ type: "kept", files: [tls.cert] });
    expect(shown(await connectTls(ports[0] ?? 0))).toBe("old.test");
  });

  test("are read again by themselves when the files change", async () => {
    const folder = temporaryFolder();
    const tls = { ...rules, certificates: [makeCertificate({ names: ["old.test"], folder })] };
    const certificates = new Certificates([{ tls }], localFiles, 10);
    onTestFinished(() => certificates.close());
    makeCertificate({ names: ["new.test"], folder });
    let event = await nextEvent();
    // A slow machine may look between the two files for longer than they take to settle.
    while (event.type === "kept") event = await nextEvent();
    expect(certificates.stores[0]?.first.names).toEqual(["new.test"]);
  });

  test("are not read before the files have stopped changing", () => {
    const folder = temporaryFolder();
    const files = makeCertificate({ names: ["old.test"], folder });
    const store = new CertificateStore({ ...rules, certificates: [files] }, localFiles);
    makeCertificate({ names: ["new.test"], folder });
    store.readIfChanged();
    expect(store.first.names).toEqual(["old.test"]);
    store.readIfChanged();
    expect(store.first.names).toEqual(["new.test"]);
    rmSync(files.cert);
    for (let look = 0; look < 3; look++) store.readIfChanged();
    expect(store.first.names).toEqual(["new.test"]);
  });
});
