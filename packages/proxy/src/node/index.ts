/**
 * The gateway behind `node:http`.
 *
 * @packageDocumentation
 */

export { type NodeListener, toNodeListener } from "./listener.ts";
export { nodeServerOptions } from "./server-options.ts";
