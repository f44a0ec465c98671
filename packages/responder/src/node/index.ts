/**
 * FastCGI for applications written for node:http.
 *
 * @packageDocumentation
 */

export { NodeServer, createServer } from "./server.ts";
export type { NodeListener } from "./exchange.ts";
export type { NodeListenOptions } from "./listen-arguments.ts";
