import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import apacheMd5Module from "apache-md5";
import { compare } from "bcryptjs";

/** A CommonJS module that is a function, whose types say that it is an ES module with one. */
const apacheMd5 = apacheMd5Module as unknown as (password: string, hash: string) => string;

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
  if (/^\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}$/.test(hash)) return undefined;
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(hash)) return undefined;
  return "the hash is neither bcrypt, apr1 nor SHA; write it anew with `htpasswd -B FILE NAME`.";
}

/** Is it the password of a hash? Takes as long as the hash is meant to, whether it is or not. */
async function verify(password: string, hash: string): Promise<boolean> {
  if (hash.startsWith("$2")) return compare(password, hash);
  const made = hash.startsWith("$apr1$")
    ? apacheMd5(password, hash)
    : `{SHA}${createHash("sha1").update(password, "utf8").digest("base64")}`;
  const [a, b] = [Buffer.from(made), Buffer.from(hash)];
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
