import type { Encoding, ResolvedCompress, ResolvedResponseRules } from "../config/response-config.ts";
import type { GatewayResponse } from "../gateway-request.ts";
import { PassedOnResponse } from "../http/passed-on-response.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { CompressedBody } from "./compressed.ts";
import { negotiate } from "./negotiate.ts";

/** Puts the rules of a route between its handler and the client. */
export class RuledResponse extends PassedOnResponse {
  readonly #rules: ResolvedResponseRules;
  readonly #served: ServedRequest;
  #body: CompressedBody | undefined;
  #onDrain: (() => void) | undefined;

  constructor(next: GatewayResponse, rules: ResolvedResponseRules, served: ServedRequest) {
    super(next);
    this.#rules = rules;
    this.#served = served;
  }

  override get unsent(): number {
    return this.#body?.unsent ?? this.next.unsent;
  }

  override get onDrain(): (() => void) | undefined {
    return this.#onDrain;
  }

  override set onDrain(onDrain: (() => void) | undefined) {
    this.#onDrain = onDrain;
    // The compressor waits for the client itself, even when everything has been given to it.
    if (this.#body === undefined) this.next.onDrain = onDrain;
  }

  override start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    const ruled = applyRules(rawHeaders, this.#rules, this.#served.scheme);
    const { compress } = this.#rules;
    const encoding = compress && this.#encoding(compress, statusCode, ruled);
    this.next.start(statusCode, encoding === undefined ? ruled : encodedHeaders(ruled, encoding), statusText);
    if (encoding !== undefined) this.#body = new CompressedBody(this.next, encoding, () => this.#onDrain?.());
  }

  override write(chunk: Uint8Array, release?: () => void): boolean {
    return this.#body === undefined ? this.next.write(chunk, release) : this.#body.write(chunk, release);
  }

  override end(): void {
    if (this.#body === undefined) this.next.end();
    else this.#body.end();
  }

  override withdraw(): boolean {
    if (!this.next.withdraw()) return false;
    this.#body?.destroy();
    this.#body = undefined;
    return true;
  }

  override abort(): void {
    this.#body?.destroy();
    this.next.abort();
  }

  /** The coding for a response, whose headers say from now on that there may be one. */
  #encoding(compress: ResolvedCompress, statusCode: number, rawHeaders: string[]): Encoding | undefined {
    if (!isCompressible(compress, statusCode, rawHeaders)) return undefined;
    addVary(rawHeaders);
    const { method, rawHeaders: asked } = this.#served;
    return method === "HEAD" ? undefined : negotiate(joined(asked, "accept-encoding"), compress.encodings);
  }
}

function applyRules(rawHeaders: string[], rules: ResolvedResponseRules, scheme: "http" | "https"): string[] {
  const out = new Set(rules.remove);
  for (const [name] of rules.set) out.add(name.toLowerCase());
  const sendsHsts = rules.hsts !== undefined && scheme === "https";
  if (sendsHsts) out.add("strict-transport-security");
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!out.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
  }
  // Of two that set the same, the route's is behind the configuration's.
  for (const [name, value] of new Map(rules.set.map((it) => [it[0].toLowerCase(), it])).values())
    kept.push(name, value);
  for (const [name, value] of rules.add) kept.push(name, value);
  if (sendsHsts && rules.hsts !== undefined) kept.push("Strict-Transport-Security", rules.hsts);
  return kept;
}

/** Events must arrive one by one; part of a body, or one that is coded already, stays as it is. */
function isCompressible(
  { types, minBytes, withCookies }: ResolvedCompress,
  statusCode: number,
  rawHeaders: readonly string[],
): boolean {
  if (statusCode === 204 || statusCode === 206 || statusCode === 304) return false;
  const type = (joined(rawHeaders, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "" || type === "text/event-stream") return false;
  if (!types.some((one) => one === type || (one.endsWith("/*") && type.startsWith(one.slice(0, -1))))) return false;
  if (!withCookies && joined(rawHeaders, "set-cookie") !== undefined) return false;
  const length = joined(rawHeaders, "content-length");
  if (length !== undefined && Number(length) < minBytes) return false;
  if (joined(rawHeaders, "content-encoding") !== undefined || joined(rawHeaders, "content-range") !== undefined)
    return false;
  return !/\bno-transform\b/i.test(joined(rawHeaders, "cache-control") ?? "");
}

function encodedHeaders(rawHeaders: readonly string[], encoding: Encoding): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "content-length" || lower === "accept-ranges" || lower === "content-md5" || lower === "digest")
      continue;
    // Other bytes than those that the strong validator was made for (RFC 9110 §8.8.3).
    kept.push(name, lower === "etag" && !value.startsWith("W/") ? `W/${value}` : value);
  }
  kept.push("Content-Encoding", encoding);
  return kept;
}

function addVary(rawHeaders: string[]): void {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== "vary") continue;
    const value = rawHeaders[at + 1] as string;
    if (/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(value)) return;
    rawHeaders[at + 1] = value === "" ? "Accept-Encoding" : `${value}, Accept-Encoding`;
    return;
  }
  rawHeaders.push("Vary", "Accept-Encoding");
}

/** All values of a header. */
function joined(rawHeaders: readonly string[], lower: string): string | undefined {
  let values: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== lower.length || name.toLowerCase() !== lower) continue;
    const value = rawHeaders[at + 1] as string;
    values = values === undefined ? value : `${values}, ${value}`;
  }
  return values;
}
