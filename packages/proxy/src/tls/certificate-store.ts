import { constants } from "node:crypto";
import type { SecureContext, SecureContextOptions } from "node:tls";

import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedTls } from "../config/listen-config.ts";
import { certificateChannel } from "./certificate-events.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import type { TlsFiles } from "./tls-files.ts";

/** The certificates of one place where the server listens, as they were when they were read last. */
export class CertificateStore {
  readonly rules: SecureContextOptions;
  readonly #tls: ResolvedTls;
  readonly #files: TlsFiles;
  /** Called when there are others. */
  onChange: (() => void) | undefined;
  #certificates: readonly Certificate[] = [];
  #byName: ReadonlyMap<string, Certificate> = new Map();
  /** Of the files that are in use. */
  #stamp: string;
  /** Of the files at the last look. */
  #seen: string;

  /** @throws `FCGI_ERR_CONFIG` for what is wrong with a file */
  constructor(tls: ResolvedTls, files: TlsFiles) {
    const { minVersion, ciphers } = tls;
    this.#tls = tls;
    this.#files = files;
    this.rules = {
      minVersion,
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...(ciphers === undefined ? {} : { ciphers }),
    };
    // Before they are read: what changes meanwhile is seen.
    this.#seen = this.#stamp = this.#look();
    this.#read();
  }

  /** For clients that ask for no name, or for none that is here. */
  get first(): Certificate {
    return this.#certificates[0] as Certificate;
  }

  get warnings(): readonly string[] {
    return this.#certificates.flatMap(({ warnings }) => warnings);
  }

  /** For a name that a client asks for (SNI): whatever it is, there is an answer. */
  contextFor(serverName: string): SecureContext {
    const name = serverName.toLowerCase().replace(/\.$/, "");
    const found = this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, "*"));
    return (found ?? this.first).context;
  }

  /** Reads the files again, if they have changed since, and have stopped changing: certificate and key are written in turn. */
  readIfChanged(): void {
    const stamp = this.#look();
    const settled = stamp === this.#seen;
    this.#seen = stamp;
    if (settled && stamp !== this.#stamp) this.reload();
  }

  /** Reads the files again; what is wrong with one leaves all as they were. */
  reload(): void {
    const files = this.#tls.certificates.map(({ cert }) => cert);
    // Also when it is not used: nothing more is said of it until it changes once more.
    this.#seen = this.#stamp = this.#look();
    try {
      this.#read();
    } catch (error) {
      if (!(error instanceof FastCGIError)) throw error;
      certificateChannel.publish({ type: "kept", files, reason: error.message, warnings: [] });
      return;
    }
    this.onChange?.();
    certificateChannel.publish({ type: "loaded", files, reason: undefined, warnings: this.warnings });
  }

  #read(): void {
    const now = Date.now();
    const certificates = this.#tls.certificates.map((files) => readCertificate(files, this.#files, this.rules, now));
    const byName = new Map<string, Certificate>();
    for (const certificate of certificates)
      for (const name of certificate.names) if (!byName.has(name)) byName.set(name, certificate);
    this.#certificates = certificates;
    this.#byName = byName;
  }

  /** What tells whether a file is another one. */
  #look(): string {
    return this.#tls.certificates
      .flatMap(({ cert, key }) => [cert, key].map((file) => this.#files.stampOf(file)))
      .join(" ");
  }
}
