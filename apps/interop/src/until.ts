import { setTimeout as delay } from "node:timers/promises";

/** Shorter than a test's own limit, which tells nothing but that it was reached. */
const LIMIT = 50_000;

/** How often it looks, and what may tell why it waits in vain. */
export interface UntilOptions {
  /** What the program said: part of the error. */
  readonly output?: () => string;
  /** @default 50 s */
  readonly limit?: number;
}

/**
 * Looks again and again until what it sees is right, and gives that. What nobody tells about is waited for like this: a process that
 * somebody else starts again.
 *
 * @param wanted completes "waited in vain until …"
 * @throws after the limit, with what was seen last
 */
export async function until<Seen>(
  wanted: string,
  look: () => Seen | Promise<Seen>,
  right: (seen: Seen) => boolean,
  { output, limit = LIMIT }: UntilOptions = {},
): Promise<Seen> {
  const over = new AbortController();
  const end = delay(limit, "over" as const, { signal: over.signal }).catch(() => "over" as const);
  let last = "nothing yet";
  try {
    for (;;) {
      const seen = await Promise.race([Promise.resolve(look()).then((value) => ({ value })), end]);
      if (seen === "over") break;
      if (right(seen.value)) return seen.value;
      last = JSON.stringify(seen.value);
      if ((await Promise.race([delay(5), end])) === "over") break;
    }
  } finally {
    over.abort();
  }
  const said = output === undefined ? "" : `\nThe program said:\n${output()}`;
  throw new Error(`Waited ${limit / 1_000} s in vain until ${wanted}; seen last: ${last}${said}`);
}
