/**
 * PHP-FPM's own pages and caches: ping, status, OPcache, APCu.
 *
 * @example
 * import { PhpFpm } from "@x/client/php-fpm";
 *
 * const fpm = new PhpFpm("unix:/run/php/php-fpm.sock");
 * const { activeProcesses, listenQueue } = await fpm.status();
 * await fpm.resetOpcache();
 *
 * @packageDocumentation
 */

export { PhpFpm } from "./php-fpm.ts";
export type { PhpFpmOptions, PhpFpmPong, PhpFpmRequestOptions, PhpFpmStatusFormat } from "./php-fpm.ts";
export { parseStatus } from "./status.ts";
export type { PhpFpmProcess, PhpFpmProcessState, PhpFpmStatus } from "./status.ts";
export type { ApcuStatus, OpcacheScript, OpcacheStatus, RealpathStatus } from "./caches.ts";
