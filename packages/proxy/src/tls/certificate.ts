import { X509Certificate, createPrivateKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContext, SecureContextOptions } from "node:tls";

import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedCertificate } from "../config/listen-config.ts";
import type { TlsFiles } from "./tls-files.ts";

/** A certificate that was read and fits its key. */
export interface Certificate {
  /** What TLS needs of it. */
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
  /** Lower case; may begin with `*.`. */
  readonly names: readonly string[];
  /** What works, but should be looked at. */
  readonly warnings: readonly string[];
}

/**
 * Reads a certificate and its key.
 *
 * @param from where its files are
 * @param rules what else the connections are to keep
 * @param now ms since 1970
 * @throws `FCGI_ERR_CONFIG`: a sentence that says which file is wrong, and what to do
 */
export function readCertificate(
  { cert, key, places }: ResolvedCertificate,
  from: TlsFiles,
  rules: SecureContextOptions,
  now: number,
): Certificate {
  const wrongCert = (message: string): FastCGIError => wrong(message, places?.cert);
  const wrongKey = (message: string): FastCGIError => wrong(message, places?.key);
  const pem = read(cert, "certificate", from, wrongCert);
  const keyPem = read(key, "key", from, wrongKey);
  const certificate = parseCertificate(pem, cert, wrongCert);
  if (!certificate.checkPrivateKey(parseKey(keyPem, key, wrongKey)))
    throw wrongKey(
      `the key ${key} does not belong to the certificate ${cert}: name the one that the certificate was made with.`,
    );
  const [begins, ends] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (ends <= now) throw wrongCert(`the certificate ${cert} expired on ${date(ends)}: renew it.`);
  if (begins > now)
    throw wrongCert(
      `the certificate ${cert} is not valid before ${date(begins)}: wait, or set the clock of this machine.`,
    );
  const warnings: string[] = [];
  if (from.isOpenToAll(key))
    warnings.push(`the key ${key} can be read by every user of this machine: chmod o-r ${key}`);
  if (ends - now < (ends - begins) / 10) warnings.push(`the certificate ${cert} expires on ${date(ends)}: renew it`);
  const options: SecureContextOptions = { ...rules, cert: pem, key: keyPem };
  return { options, context: contextOf(options, cert, wrongCert), names: namesOf(certificate), warnings };
}

/** Makes an error of a sentence, with the place of the key in the configuration. */
type Wrong = (message: string) => FastCGIError;

function read(file: string, what: string, from: TlsFiles, wrongFile: Wrong): Buffer {
  try {
    return Buffer.from(from.read(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = FAULTS.get(code ?? "") ?? `cannot be read (${code ?? String(error)})`;
    throw wrongFile(`the ${what} file ${file} ${reason}: correct the path, or the file.`);
  }
}

const FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist"],
  ["EACCES", "may not be read by this user"],
  ["EISDIR", "is a folder"],
]);

function parseCertificate(pem: Buffer, file: string, wrongFile: Wrong): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw wrongFile(`${file} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----"): name a file that does.`);
  }
}

function parseKey(pem: Buffer, file: string, wrongFile: Wrong): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_MISSING_PASSPHRASE" || pem.includes("ENCRYPTED"))
      throw wrongFile(
        `the key ${file} has a passphrase, and nobody is asked for it: write it without, by \`openssl pkey\`.`,
      );
    throw wrongFile(`${file} holds no private key in PEM ("-----BEGIN PRIVATE KEY-----"): name a file that does.`);
  }
}

function contextOf(options: SecureContextOptions, file: string, wrongFile: Wrong): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw wrongFile(`the certificate ${file} cannot be used: ${(error as Error).message}.`);
  }
}

/** Those of subjectAltName, as browsers do; the subject's only when there are none (RFC 6125 §6.4.4). */
function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const names = [...(subjectAltName ?? "").matchAll(/(?:^|, )DNS:([^",\s]+)/g)].map(([, name = ""]) => name);
  if (names.length === 0) names.push(/^CN=([^\s"]+)$/m.exec(subject)?.[1] ?? "");
  return names.filter((name) => name !== "").map((name) => name.toLowerCase());
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function wrong(message: string, place: string | undefined): FastCGIError {
  const text = place === undefined ? message : `${place}: ${message}`;
  return new FastCGIError("FCGI_ERR_CONFIG", text, { phase: "configure" });
}
