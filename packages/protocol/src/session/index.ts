/**
 * The two ends of a FastCGI connection as state machines without I/O: what an application must do
 * with each record, what a web server may receive for each request, request ids, limits.
 *
 * @packageDocumentation
 */

export { ClientSession } from "./client-session.ts";
export type { BeginOptions, ClientSessionOptions } from "./client-options.ts";
export { ClientExchange } from "./client-exchange.ts";
export type { ClientExchangeHandler } from "./client-exchange.ts";
export { ResponderSession } from "./responder-session.ts";
export type { ResponderSessionOptions } from "./responder-options.ts";
export { ResponderExchange } from "./responder-exchange.ts";
export type { ResponderExchangeHandler } from "./responder-exchange.ts";
