import { checkAddresses } from "./check-addresses.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** Who may use a route. */
export interface AccessConfig {
  /**
   * Client addresses that may (nginx `allow`): `"10.0.0.1"`, `"10.0.0.0/8"`, `"unix:"`, `"loopback"`, `"private"`. All others get 403. A
   * client behind proxies of `trustProxy` has its own address.
   *
   * @default all
   */
  allow?: readonly string[] | undefined;
  /** Client addresses that may not, even if `allow` has them (nginx `deny`). @default none */
  deny?: readonly string[] | undefined;
  /** Who has a password may (RFC 7617; nginx `auth_basic`). It reaches the application as REMOTE_USER, with AUTH_TYPE. */
  basic?: BasicConfig | undefined;
  /** Must both the address and the password be right, or is one enough (nginx `satisfy`)? @default "all" */
  satisfy?: "all" | "any" | undefined;
}

/** Names and passwords. */
export interface BasicConfig {
  /** A file of `htpasswd`: bcrypt (`-B`, the best of them), SHA-512, SHA-256, MD5 (`$6$`, `$5$`, `$apr1$`, `$1$`), `{SHA}` and `{SSHA}`. It is read again when it changes. */
  file: string;
  /** What a browser shows. @default "Restricted" */
  realm?: string | undefined;
}

/** Who may use a route. */
export interface ResolvedAccess {
  /** Empty: all. */
  readonly allow: readonly string[];
  /** Addresses and networks that may not. */
  readonly deny: readonly string[];
  /** Names and passwords that are asked for; undefined: none. */
  readonly basic: ResolvedBasic | undefined;
  /** `"any"`: a right address or a right password is enough. */
  readonly satisfy: "all" | "any";
}

/** Names and passwords. */
export interface ResolvedBasic {
  /** Absolute. */
  readonly file: string;
  /** Where a person finds it, for what is wrong with it: `x.config.ts:7: routes[0].access.basic.file`. */
  readonly place?: string | undefined;
  /** What the browser shows with its question. */
  readonly realm: string;
}

/** Checks who may use a route. */
export function expandAccess(
  expansion: Expansion,
  path: KeyPath,
  it: AccessConfig | undefined,
): ResolvedAccess | undefined {
  if (it === undefined) return undefined;
  const { allow = [], deny = [], basic, satisfy = "all" } = it;
  checkAddresses(expansion, [...path, "allow"], allow);
  checkAddresses(expansion, [...path, "deny"], deny);
  const realm = basic?.realm ?? "Restricted";
  if (!/^[ !#-[\]-~]*$/.test(realm))
    expansion.problem([...path, "basic", "realm"], 'must be of ASCII characters, without " and \\.');
  if (allow.length === 0 && deny.length === 0 && basic === undefined)
    expansion.problem(path, "says nothing about who may: add allow, deny or basic.");
  if (satisfy === "any" && (basic === undefined || (allow.length === 0 && deny.length === 0)))
    expansion.problem([...path, "satisfy"], 'can be "any" only beside basic and allow or deny.');
  const place = expansion.place([...path, "basic", "file"]);
  return { allow, deny, basic: basic && { file: expansion.path(basic.file), place, realm }, satisfy };
}

/** As it is written in a configuration. */
export function accessToLongForm({ basic, ...rest }: ResolvedAccess): object {
  return { ...rest, basic: basic && { file: basic.file, realm: basic.realm } };
}
