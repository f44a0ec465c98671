import { createHmac, hash as digest, randomBytes, timingSafeEqual } from "node:crypto";

import { compare } from "bcryptjs";

import { MAX_ROUNDS, crypt, parseCrypt } from "./crypt.ts";

/** Each name with its hash, as `htpasswd` writes them. */
export type PasswordTable = ReadonlyMap<string, string>;

/** bcrypt of this cost and below takes less than some seconds. */
const MAX_COST = 15;

/**
 * Reads a file of `htpasswd`, latin-1: a name, a colon and a hash a line; empty lines and lines that begin with `#` are none.
 *
 * @returns a text that says what is wrong with it, when it cannot be read
 */
export function parsePasswords(text: string): PasswordTable | string {
  const table = new Map<string, string>();
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [name = "", hash = ""] = line.split(":");
    if (name === "" || hash === "") return `line ${index + 1} is not a name, a colon and a hash.`;
    const flaw = flawOfHash(hash);
    if (flaw !== undefined) return `line ${index + 1}: ${flaw}`;
    if (!table.has(name)) table.set(name, hash);
  }
  return table;
}

function flawOfHash(hash: string): string | undefined {
  const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
  if (cost !== undefined)
    return Number(cost) >= 4 && Number(cost) <= MAX_COST
      ? undefined
      : `the cost of the bcrypt hash must be 4 to ${MAX_COST}.`;
  if (parseCrypt(hash) !== undefined || SHA.test(hash) || SSHA.test(hash)) return undefined;
  const rounds = /^\$[56]\$rounds=(\d+)\$/.exec(hash)?.[1];
  if (rounds !== undefined && (Number(rounds) < 1_000 || Number(rounds) > MAX_ROUNDS))
    return `the rounds of the hash must be 1000 to ${MAX_ROUNDS}; write it anew with \`htpasswd -B FILE NAME\`.`;
  return "the hash is none of bcrypt ($2y$), SHA-512 ($6$), SHA-256 ($5$), MD5 ($apr1$, $1$), {SHA} and {SSHA}; write it anew with `htpasswd -B FILE NAME`.";
}

const SHA = /^\{SHA\}[A-Za-z0-9+/]{27}=$/;
/** A digest and the salt behind it (RFC 2307; OpenLDAP). */
const SSHA = /^\{SSHA\}(?:[A-Za-z0-9+/]{4}){7,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Of crypt(3) with libxcrypt: the time for some hashes grows with the square of it. */
const MAX_PASSWORD = 512;

/** Is it the password of a hash? Takes as long as the hash is meant to, whether it is or not. */
async function verify(password: string, hash: string): Promise<boolean> {
  const bytes = Buffer.from(password, "utf8");
  if (bytes.length > MAX_PASSWORD) return false;
  if (hash.startsWith("$2")) return compare(password, hash);
  const parsed = parseCrypt(hash);
  if (parsed !== undefined) return equal(Buffer.from(await crypt(bytes, parsed)), Buffer.from(parsed.sum));
  const stored = Buffer.from(hash.slice(hash.indexOf("}") + 1), "base64");
  const salt = stored.subarray(SHA1_LENGTH);
  return equal(digest("sha1", Buffer.concat([bytes, salt]), "buffer"), stored.subarray(0, SHA1_LENGTH));
}

const SHA1_LENGTH = 20;

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Answers that are remembered: browsers send the password with each request, and bcrypt takes a tenth of a second. */
const CACHE_SIZE = 1_024;
/** Checks that may wait; each takes the processor. */
const QUEUE = 64;

/**
 * Checks passwords, one at a time, so that guessing them takes a guesser's time and not everybody's. What was asked lately is answered at
 * once; only a keyed digest of it is kept.
 */
export class PasswordChecker {
  readonly #key = randomBytes(32);
  readonly #answers = new Map<string, boolean>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @returns undefined: too many wait already */
  check(name: string, password: string, table: PasswordTable): Promise<boolean> | boolean | undefined {
    const hash = table.get(name);
    // A name that does not exist takes as long as one that does.
    const against = hash ?? table.values().next().value;
    if (against === undefined) return false;
    const asked = createHmac("sha256", this.#key)
      .update(`${hash === undefined ? 0 : 1}${name.length}:${name}:${against}:${password}`, "utf8")
      .digest("base64");
    const known = this.#answers.get(asked);
    if (known !== undefined) return known;
    if (this.#waiting >= QUEUE) return undefined;
    this.#waiting++;
    const answer = this.#last.then(async () => {
      const right = (await verify(password, against)) && hash !== undefined;
      this.#waiting--;
      if (this.#answers.size >= CACHE_SIZE) this.#answers.clear();
      this.#answers.set(asked, right);
      return right;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}
