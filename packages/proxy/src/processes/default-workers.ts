import { availableParallelism, totalmem } from "node:os";

import type { PhpProgram } from "./php-program.ts";

/** Bytes that one PHP worker is taken to need: most sites stay below, php.ini's own `memory_limit` is 128 MiB a request. */
const MEMORY_PER_WORKER = 67_108_864;

/**
 * How many workers a PHP of our own gets when nobody says: four a core, since most of a PHP request is waiting for a database, at
 * most as many as fit into half of the memory at 64 MiB each, and between 2 and 32. php-cgi, whose workers are all there from the
 * start, gets half of that, at least 2.
 *
 * @param memory bytes that this process may use. @default the machine's, or less where a control group allows less
 */
export function defaultWorkers(
  program: PhpProgram,
  cores: number = availableParallelism(),
  memory: number = usableMemory(),
): number {
  const most = Math.min(4 * cores, Math.floor(memory / 2 / MEMORY_PER_WORKER), 32);
  const workers = Math.max(2, most);
  return program === "php-fpm" ? workers : Math.max(2, Math.floor(workers / 2));
}

function usableMemory(): number {
  const total = totalmem();
  // 0 or more than there is: no limit.
  const limit = process.constrainedMemory();
  return limit > 0 && limit < total ? limit : total;
}
