import { randomFillSync } from "node:crypto";

import type { FastCGIError } from "@x/protocol/errors";

import type { ResolvedConfig } from "../config/resolved-config.ts";
import { channels } from "../diagnostics.ts";
import type { GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import { advise } from "./advice.ts";
import { isDeveloper, wantsHtml } from "./audience.ts";
import { type ErrorDetails, renderErrorPage } from "./error-pages.ts";
import { errorStatus } from "./error-status.ts";
import type { Host } from "./host.ts";
import { proxyStatus } from "./proxy-status.ts";
import { Refusal } from "./refusal.ts";

/** What went wrong with a request. */
export interface Failure {
  readonly cause: Refusal | FastCGIError;
  /** Whose application failed. */
  readonly upstream?: string | undefined;
  /** In place of the usual advice. */
  readonly advice?: string | undefined;
}

/** Who is answered, and how openly. */
export interface Audience {
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;
  readonly errors: ResolvedConfig["errors"];
  /** undefined: it has none yet. */
  readonly id?: string | undefined;
  /** undefined: not known, or not a host name. */
  readonly host: Host | undefined;
}

/** The status of an answer. */
export function statusOf({ cause }: Failure): number {
  return cause instanceof Refusal ? cause.status : errorStatus[cause.code].status;
}

/** What an answer says in its headers, whatever its page. */
export function headersOf({ cause }: Failure): string[] {
  if (cause instanceof Refusal) return [...cause.rawHeaders];
  const { retryAfter } = errorStatus[cause.code];
  const told = proxyStatus(cause.code);
  const rawHeaders = retryAfter === undefined ? [] : ["Retry-After", String(retryAfter)];
  if (told !== undefined) rawHeaders.push("Proxy-Status", told);
  return rawHeaders;
}

/**
 * Answers with an error page, and publishes what happened under the id that the page shows.
 *
 * @param published the id, when that was done before
 */
export function answerError(audience: Audience, failure: Failure, published?: string): void {
  const { request, response } = audience;
  const status = statusOf(failure);
  const id = published ?? publishFailure(request, failure, audience.id);
  const details = isDeveloper(audience.errors, request, audience.host) ? describe(request, failure) : undefined;
  const { rawHeaders, body } = renderErrorPage({ status, id, details }, wantsHtml(request));
  rawHeaders.push(...headersOf(failure));
  response.start(status, rawHeaders);
  if (request.method !== "HEAD") response.write(body);
  response.end();
}

/**
 * Publishes what went wrong.
 *
 * @returns the id by which the client may name it
 */
export function publishFailure(request: GatewayRequest, failure: Failure, id?: string): string {
  return publish(request, failure, statusOf(failure), id);
}

/** Cuts a response whose head is out already, and publishes why. */
export function cutResponse(audience: Audience, failure: Failure): void {
  publish(audience.request, failure, 0, audience.id);
  audience.response.abort();
}

/** Publishes why a response was cut that is not to be answered any more. */
export function publishCut(request: GatewayRequest, reason: Error): void {
  publish(request, { cause: new Refusal(0, reason.message) }, 0);
}

function publish(request: GatewayRequest, failure: Failure, status: number, id: string = newRequestId()): string {
  if (!channels.error.hasSubscribers) return id;
  const { cause, upstream } = failure;
  const refused = cause instanceof Refusal;
  const reason = refused ? cause.reason : cause.message;
  channels.error.publish({ id, request, status, reason, upstream, error: refused ? undefined : cause });
  return id;
}

/** For finding what was told about one request in several places. */
export function newRequestId(): string {
  if (unused === random.length) {
    randomFillSync(random);
    unused = 0;
  }
  return random.toString("base64url", unused, (unused += ID_BYTES));
}

const ID_BYTES = 9;
/** For a hundred ids: asking for bytes costs more than anything else that is logged of a request. */
const random = Buffer.alloc(ID_BYTES * 100);
let unused = random.length;

function describe(request: GatewayRequest, { cause, upstream, advice }: Failure): ErrorDetails {
  const facts: [string, string][] = [["request", `${request.method} ${request.target}`]];
  if (upstream !== undefined) facts.push(["upstream", upstream]);
  if (cause instanceof Refusal) return { reason: cause.reason, advice, facts, stderr: undefined };
  if (cause.address !== undefined) facts.push(["address", cause.address]);
  if (cause.phase !== undefined) facts.push(["phase", cause.phase]);
  facts.push(["code", cause.code]);
  if (cause.appStatus !== undefined && cause.appStatus !== 0) facts.push(["exit status", String(cause.appStatus)]);
  const stderr = cause.stderr === undefined || cause.stderr === "" ? undefined : readable(cause.stderr);
  return { reason: readable(cause.message), advice: advice ?? advise(cause), facts, stderr };
}

/** Errors carry bytes as latin-1; nearly always they are UTF-8. */
function readable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- bytes, not characters
  return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}
