import type { Encoding } from "../config/response-config.ts";

/**
 * The content coding that a client likes best (RFC 9110 §12.5.3); among those that it likes as much, the first that is offered.
 *
 * @param accepted its Accept-Encoding; undefined: it says nothing, and gets none
 */
export function negotiate(accepted: string | undefined, offered: readonly Encoding[]): Encoding | undefined {
  if (accepted === undefined || accepted.length > 1_024) return undefined;
  const weights = new Map<string, number>();
  for (const item of accepted.toLowerCase().split(",")) {
    const found = /^\s*([\w*-]+)\s*(?:;\s*q\s*=\s*(\d(?:\.\d{0,3})?)\s*)?$/.exec(item);
    if (found !== null) weights.set(found[1] === "x-gzip" ? "gzip" : (found[1] ?? ""), Number(found[2] ?? 1));
  }
  const weight = (coding: string): number => weights.get(coding) ?? weights.get("*") ?? 0;
  let best: Encoding | undefined;
  for (const coding of offered) {
    if (weight(coding) > (best === undefined ? 0 : weight(best))) best = coding;
  }
  // What is as it is may be liked better.
  return best !== undefined && weight(best) >= (weights.get("identity") ?? 0) ? best : undefined;
}
