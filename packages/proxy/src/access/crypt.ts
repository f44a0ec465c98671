import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

/**
 * The hashes of crypt(3) that are made of MD5 and SHA-2, computed here because no library does so without standing in everybody's way: SHA-crypt
 * takes as many rounds as its hash says.
 *
 * @see https://www.akkadia.org/drepper/SHA-crypt.txt
 */
export interface CryptHash {
  readonly kind: "md5" | "sha256" | "sha512";
  /** `$apr1$` of Apache, `$1$`, `$5$` or `$6$`. */
  readonly magic: string;
  readonly rounds: number;
  readonly salt: string;
  /** What must come out, in the alphabet of crypt(3). */
  readonly sum: string;
}

/** A second or two of a processor; passlib writes 656,000. */
export const MAX_ROUNDS = 1_000_000;
/** Fewer are no hash (crypt(5)). */
const MIN_ROUNDS = 1_000;
const USUAL_ROUNDS = 5_000;
/** Until others have their turn: a millisecond or so. */
const ROUNDS_A_TURN = 500;

const MD5 = /^(\$(?:apr1|1)\$)([^$:]{0,8})\$([./A-Za-z0-9]{22})$/;
const SHA = /^(\$[56]\$)(?:rounds=(\d{1,9})\$)?([^$:]{0,16})\$([./A-Za-z0-9]{43}|[./A-Za-z0-9]{86})$/;

/** @returns undefined for any other hash, and for one whose number of rounds is out of bounds */
export function parseCrypt(text: string): CryptHash | undefined {
  const md5 = MD5.exec(text);
  if (md5 !== null) {
    const [, magic = "", salt = "", sum = ""] = md5;
    return { kind: "md5", magic, rounds: 1_000, salt, sum };
  }
  const [, magic = "", rounds = USUAL_ROUNDS, salt = "", sum = ""] = SHA.exec(text) ?? [];
  const kind = magic === "$5$" ? "sha256" : "sha512";
  const number = Number(rounds);
  if (sum.length !== (kind === "sha256" ? 43 : 86) || number < MIN_ROUNDS || number > MAX_ROUNDS) return undefined;
  return { kind, magic, rounds: number, salt, sum };
}

/** What comes out for a password: the `sum` of its hash, if it is the right one. Others have their turn meanwhile. */
export async function crypt(password: Uint8Array, it: CryptHash): Promise<string> {
  const salt = Buffer.from(it.salt, "latin1");
  return it.kind === "md5" ? md5Crypt(password, salt, it) : shaCrypt(password, salt, it);
}

async function md5Crypt(password: Uint8Array, salt: Uint8Array, it: CryptHash): Promise<string> {
  const parts = [password, Buffer.from(it.magic), salt];
  parts.push(repeated(digest("md5", [password, salt, password]), password.length));
  for (let bits = password.length; bits > 0; bits >>= 1)
    parts.push((bits & 1) === 1 ? Uint8Array.of(0) : password.subarray(0, 1));
  const sum = await rounds(it, digest("md5", parts), password, salt);
  let text = "";
  for (let i = 0; i < 5; i++) text += encode([byte(sum, i), byte(sum, i + 6), byte(sum, i === 4 ? 5 : i + 12)], 4);
  return text + encode([0, 0, byte(sum, 11)], 2);
}

async function shaCrypt(password: Uint8Array, salt: Uint8Array, it: CryptHash): Promise<string> {
  const { kind } = it;
  const other = digest(kind, [password, salt, password]);
  const parts = [password, salt, repeated(other, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? other : password);
  const first = digest(kind, parts);
  const ofPassword = digest(
    kind,
    Array.from(password, () => password),
  );
  const ofSalt = digest(
    kind,
    Array.from({ length: 16 + byte(first, 0) }, () => salt),
  );
  const sum = await rounds(it, first, repeated(ofPassword, password.length), repeated(ofSalt, salt.length));
  const third = Math.floor(sum.length / 3);
  let text = "";
  let [a, b, c] = [0, third, 2 * third];
  for (let i = 0; i < third; i++) {
    text += encode([byte(sum, a), byte(sum, b), byte(sum, c)], 4);
    [a, b, c] = kind === "sha256" ? [c + 1, a + 1, b + 1] : [b + 1, c + 1, a + 1];
  }
  return text + (kind === "sha256" ? encode([0, byte(sum, 31), byte(sum, 30)], 3) : encode([0, 0, byte(sum, 63)], 2));
}

/** What makes it slow: of all three kinds the same. */
async function rounds(it: CryptHash, first: Uint8Array, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  let sum = first;
  for (let round = 0; round < it.rounds; round++) {
    if (round % ROUNDS_A_TURN === ROUNDS_A_TURN - 1) await setImmediate();
    const odd = (round & 1) === 1;
    const parts = [odd ? password : sum];
    if (round % 3 !== 0) parts.push(salt);
    if (round % 7 !== 0) parts.push(password);
    parts.push(odd ? sum : password);
    sum = digest(it.kind, parts);
  }
  return sum;
}

function digest(kind: CryptHash["kind"], parts: readonly Uint8Array[]): Uint8Array {
  return hash(kind, Buffer.concat(parts), "buffer");
}

/** As many bytes, from the beginning again and again. */
function repeated(bytes: Uint8Array, length: number): Uint8Array {
  return Buffer.alloc(length, bytes);
}

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Three bytes, the lowest six bits first. */
function encode([high, middle, low]: readonly [number, number, number], length: number): string {
  let bits = (high << 16) | (middle << 8) | low;
  let text = "";
  for (let i = 0; i < length; i++) {
    text += ALPHABET[bits & 63] ?? "";
    bits >>= 6;
  }
  return text;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
