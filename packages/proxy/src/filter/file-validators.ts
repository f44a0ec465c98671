import { hash } from "node:crypto";

import type { OpenFile } from "./open-file.ts";

/**
 * Milliseconds that a file must have been left alone before it has validators: file systems count changes in up to two seconds, and
 * Last-Modified counts whole ones. What changes twice in that time would look the same.
 */
const SETTLED = 2_000;

/** What tells one state of a file's result from another (RFC 9110 §8.8). */
export interface FileValidators {
  /** Weak: the same file gives what means the same, not always the same bytes. */
  readonly etag: string;
  readonly lastModified: string;
}

/**
 * @param salt whatever else the result depends on
 * @param now milliseconds since 1970
 * @returns undefined when the file has just been changed
 */
export function fileValidators(file: OpenFile, salt: string, now: number): FileValidators | undefined {
  const changed = Number(file.changed / 1_000_000n);
  if (now - changed < SETTLED) return undefined;
  return {
    etag: `W/"${hash("sha256", `${file.changed} ${file.size} ${salt}`, "base64url").slice(0, 22)}"`,
    lastModified: new Date(changed).toUTCString(),
  };
}

/** Has the client that very state? If-None-Match decides alone when it is there (RFC 9110 §13.2.2); a date must be the same, as nginx has it. */
export function isUnchanged(rawHeaders: readonly string[], validators: FileValidators): boolean {
  let tags: string | undefined;
  let since: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase();
    const value = rawHeaders[at + 1] as string;
    if (name === "if-none-match") tags = tags === undefined ? value : `${tags},${value}`;
    else if (name === "if-modified-since") since = value;
  }
  if (tags === undefined) return since?.trim() === validators.lastModified;
  const opaque = validators.etag.slice(2);
  return tags.trim() === "*" || [...tags.matchAll(/(?:W\/)?("[^"]*")/g)].some((found) => found[1] === opaque);
}

/** Fields that make a result one client's own, or one that nobody may keep. */
const OWN = /^(?:etag|last-modified|set-cookie)$/;

/** What is added to the head of a result: nothing to one that has validators of its own, or is not for everybody to keep. */
export function validatorFields(
  validators: FileValidators,
  statusCode: number,
  rawHeaders: readonly string[],
): readonly string[] {
  if (statusCode !== 200) return [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (OWN.test(name) || (name === "cache-control" && /no-store/i.test(rawHeaders[at + 1] as string))) return [];
  }
  return ["ETag", validators.etag, "Last-Modified", validators.lastModified];
}
