/**
 * Calls FastCGI applications (PHP-FPM and any other) from Node.
 *
 * @example
 * import { Pool } from "@x/client";
 *
 * const php = new Pool("unix:/run/php/php-fpm.sock", { capacity: 5 });
 * const { statusCode, body } = await php.request({
 *   params: { REQUEST_METHOD: "GET", SCRIPT_FILENAME: "/srv/www/index.php" },
 * });
 *
 * @packageDocumentation
 */

export type { ApplicationProtocol } from "@x/protocol/address";
export { Client } from "./client.ts";
export type { ClientOptions } from "./client.ts";
export { Pool } from "./pool.ts";
export type { PoolStats } from "./pool.ts";
export type { PoolOptions } from "./pool-options.ts";
export { BalancedPool } from "./balancing/balanced-pool.ts";
export type { BalancedPoolStats } from "./balancing/balanced-pool.ts";
export type { BalancedPoolOptions, PeerOptions } from "./balancing/balanced-options.ts";
export type { CheckOptions } from "./balancing/active-check.ts";
export type { HealthOptions, PeerState } from "./balancing/peer-health.ts";
export type { PeerStats } from "./balancing/peer.ts";
export type { BalancedRequest, Candidate, Policy } from "./balancing/policy.ts";
export type { PolicyName } from "./balancing/policies.ts";
export { first } from "./balancing/first.ts";
export { leastRequests } from "./balancing/least-requests.ts";
export { randomTwo } from "./balancing/random-two.ts";
export { rendezvous } from "./balancing/rendezvous.ts";
export { roundRobin } from "./balancing/round-robin.ts";
export { weighted } from "./balancing/weighted.ts";
export { request } from "./one-shot.ts";
export type { RequestOptions, ResponseData, ResponseHeaders } from "./request.ts";
export type { ResponseBody } from "./response-body.ts";
export { Dispatcher } from "./dispatcher.ts";
export type {
  DispatchController,
  DispatchEnd,
  DispatchFunction,
  DispatcherStats,
  DispatchHandler,
  DispatchOptions,
  Interceptor,
  RequestTimeouts,
  RoleName,
} from "./dispatcher.ts";
export { toParams } from "./to-params.ts";
export type { HeadersInput, RequestDescription } from "./request-description.ts";
export { responseHandler } from "./response-handler.ts";
export type { ResponseHandler, ResponseHandlerOptions } from "./response-handler.ts";
export type { Exchange } from "./exchange.ts";
export type { FetchInit } from "./fetch.ts";
export type { RequestBodyOptions } from "./prepare-body.ts";
export type { BodyInput, BodySink, BodySource } from "./body.ts";
export type { ClientDiagnostics } from "./diagnostics.ts";
export type { RequestTrace } from "./tracing.ts";
export { FastCGIError, isFastCGIError } from "@x/protocol/errors";
export type { FastCGIErrorCode, FastCGIErrorPhase } from "@x/protocol/errors";

// Symbols above are for every user; those below are for programs that keep chunks, and for their tests.

export { poisonReleasedSlabs } from "./slabs.ts";
export type { Slab } from "./slabs.ts";
