import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";
import { parseListen } from "./parse-listen.ts";
import type { ListenPlace } from "./resolved-config.ts";

/** Where to listen, and what is spoken there. */
export interface ListenConfig {
  /** As a text in `listen`: `"127.0.0.1:8080"`, `":443"`, `"unix:/run/site.sock"`. */
  address: string;
  /** Encrypt: with certificates of its own, or `true` for those of `tls` of the configuration. @default false */
  tls?: boolean | TlsConfig | undefined;
  /** Offer HTTP/2 to clients that encrypt (nginx `http2`). @default true with tls */
  http2?: boolean | undefined;
  /**
   * Each connection begins with a PROXY protocol header, version 1 or 2, that says who the client is (nginx `listen … proxy_protocol`).
   * `true`: from the addresses of `trustProxy`. A connection from elsewhere, or without the header, is closed.
   *
   * @default false
   */
  proxyProtocol?: boolean | ProxyProtocolConfig | undefined;
}

/** Who may say by the PROXY protocol who the client is. */
export interface ProxyProtocolConfig {
  /** Addresses and networks, as in `trustProxy`. */
  from: readonly string[];
}

/** Certificates, and how strictly connections are encrypted. */
export interface TlsConfig {
  /** File (PEM) of the certificate, with those between it and the root behind it (nginx `ssl_certificate`). */
  cert?: string | undefined;
  /** File (PEM) of its private key (nginx `ssl_certificate_key`). */
  key?: string | undefined;
  /**
   * Instead of `cert` and `key`: several. A client gets the one that has the host it asks for among its names (SNI), else the first.
   * All are read again when their files change, and on SIGHUP.
   */
  certificates?: readonly CertificateConfig[] | undefined;
  /** The oldest version of TLS (nginx `ssl_protocols`). @default "TLSv1.2" */
  minVersion?: TlsVersion | undefined;
  /** Ciphers of TLS 1.2 in OpenSSL's spelling (nginx `ssl_ciphers`). @default those of Node */
  ciphers?: string | undefined;
}

/** A version of TLS that is safe. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** One certificate with its key. */
export interface CertificateConfig {
  /** File (PEM), with those between it and the root behind it. */
  cert: string;
  /** File (PEM), without a passphrase. */
  key: string;
}

/** How connections are encrypted. */
export interface ResolvedTls {
  /** The first is for clients that ask for none of the others' names. */
  readonly certificates: readonly ResolvedCertificate[];
  /** The oldest version of TLS. */
  readonly minVersion: TlsVersion;
  /** In OpenSSL's spelling; undefined: those of Node. */
  readonly ciphers: string | undefined;
}

/** Files of a certificate. */
export interface ResolvedCertificate {
  /** Absolute. */
  readonly cert: string;
  /** Absolute. */
  readonly key: string;
  /** Where a person finds each, for what is wrong with a file: `x.config.ts:7: tls.certificates[1].cert`. */
  readonly places?: Readonly<Record<"cert" | "key", string>> | undefined;
}

/** What is spoken at a place where the server listens. */
export interface ListenRules {
  /** undefined: nothing is encrypted. */
  readonly tls: ResolvedTls | undefined;
  /** Is HTTP/2 offered? With tls alone. */
  readonly http2: boolean;
  /** Who may send PROXY protocol headers, and must; undefined: there are none. */
  readonly proxyProtocol: readonly string[] | undefined;
}

/** A place where the server listens, and what is spoken there. */
export type ResolvedListen = ListenPlace & ListenRules;

/** Checks where to listen. */
export function expandListen(expansion: Expansion): ResolvedListen[] {
  const { config } = expansion;
  const common = config.tls === undefined ? undefined : expandTls(expansion, ["tls"], config.tls);
  const written = config.listen ?? [common === undefined ? "127.0.0.1:8080" : "https://127.0.0.1:8443"];
  const listen: ResolvedListen[] = [];
  for (const [index, entry] of written.entries()) {
    const one = expandOne(expansion, ["listen", index], entry, common);
    if (one !== undefined) listen.push(one);
  }
  if (common !== undefined && listen.length === written.length && !listen.some(({ tls }) => tls === common))
    expansion.problem(["tls"], 'is used by no address of listen: write one as "https://0.0.0.0:443".');
  return listen;
}

function expandOne(
  expansion: Expansion,
  path: KeyPath,
  entry: string | ListenConfig,
  common: ResolvedTls | undefined,
): ResolvedListen | undefined {
  const it: ListenConfig = typeof entry === "string" ? { address: entry } : entry;
  const parsed = parseListen(it.address, expansion.folder);
  if (typeof parsed === "string") {
    expansion.problem(typeof entry === "string" ? path : [...path, "address"], parsed);
    return undefined;
  }
  const { https, ...place } = parsed;
  const encrypt = it.tls ?? https;
  let tls: ResolvedTls | undefined;
  if (typeof encrypt === "object") tls = expandTls(expansion, [...path, "tls"], encrypt);
  else if (encrypt) {
    tls = common;
    if (tls === undefined)
      expansion.problem(
        path,
        'needs a certificate: add tls: { cert: "site.pem", key: "site.key" } to the configuration.',
      );
  } else if (https) expansion.problem([...path, "tls"], "is false, and the address begins with https://.");
  if (it.http2 === true && encrypt === false)
    expansion.problem([...path, "http2"], "needs tls beside it: browsers speak HTTP/2 over TLS alone.");
  return { ...place, tls, http2: tls !== undefined && (it.http2 ?? true), proxyProtocol: trusted(expansion, path, it) };
}

function trusted(expansion: Expansion, path: KeyPath, it: ListenConfig): readonly string[] | undefined {
  const { proxyProtocol = false } = it;
  if (proxyProtocol === false) return undefined;
  const own = proxyProtocol === true ? expansion.trusted : proxyProtocol.from;
  const at = [...path, "proxyProtocol"];
  if (own.length === 0)
    expansion.problem(at, 'must know whose word counts: write { from: ["10.0.0.1"] }, or set trustProxy.');
  if (proxyProtocol !== true) expansion.checkAddresses([...at, "from"], own);
  return own;
}

function expandTls(expansion: Expansion, path: KeyPath, it: TlsConfig): ResolvedTls {
  const { cert, key, certificates, minVersion = "TLSv1.2", ciphers } = it;
  const pairs = (certificates ?? []).map((pair, index) => ({ ...pair, at: [...path, "certificates", index] }));
  if (certificates !== undefined && (cert ?? key) !== undefined)
    expansion.problem(path, "has certificates and cert or key: write them all into certificates.");
  else if (certificates === undefined) {
    if (cert === undefined) expansion.problem([...path, "cert"], "is missing.");
    if (key === undefined) expansion.problem([...path, "key"], "is missing.");
    if (cert !== undefined && key !== undefined) pairs.push({ cert, key, at: [...path] });
  }
  const resolved = pairs.map((pair) => ({
    cert: expansion.path(pair.cert),
    key: expansion.path(pair.key),
    places: { cert: expansion.place([...pair.at, "cert"]), key: expansion.place([...pair.at, "key"]) },
  }));
  return { certificates: resolved, minVersion, ciphers };
}

/** As it is written in a configuration. */
export function listenToLongForm({ text, tls, http2, proxyProtocol }: ResolvedListen): string | ListenConfig {
  if (tls === undefined && proxyProtocol === undefined) return text;
  return {
    address: text,
    tls: tls && { ...tls, certificates: tls.certificates.map(({ cert, key }) => ({ cert, key })) },
    http2: tls === undefined ? undefined : http2,
    proxyProtocol: proxyProtocol && { from: proxyProtocol },
  };
}
