import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";
import type { PhpChoice } from "../php/choose-php.ts";
import { uploadLimit } from "../php/find-pool.ts";
import type { FpmPool } from "../php/fpm-pool.ts";
import type { ProcessStatus } from "../processes/managed-process.ts";

/**
 * Which PHP runs the scripts, and why.
 *
 * @param address with its capacity, as it is used
 * @param process that of our own PHP
 */
export function describePhp(choice: PhpChoice, address: ResolvedAddress, process: ProcessStatus | undefined): string {
  if (choice.kind === "given") return `${choice.address}; ${capacityOf(choice.pool)}`;
  if (choice.kind === "running") {
    const { version, pool } = choice;
    const name = version === undefined ? "PHP-FPM" : `PHP-FPM ${version}`;
    const user = pool?.user === undefined ? "" : ` of ${pool.user}`;
    return `${name}${user} runs on ${choice.address}; ${capacityOf(pool)}`;
  }
  const { kind, version, why } = choice;
  const user = process?.user === undefined ? "" : ` of ${process.user}`;
  const started = process?.pid === undefined ? "" : ` (process ${process.pid}${user})`;
  const majorMinor = version.split(".").slice(0, 2).join(".");
  return `${kind} ${majorMinor} started here${started}: ${why}; ${workers(address.capacity ?? 1)}`;
}

function capacityOf(pool: FpmPool | undefined): string {
  if (pool?.maxChildren === undefined)
    return "how many workers it has is not known, since its pool file cannot be read";
  return `${workers(pool.maxChildren)} (pm.max_children in ${pool.file})`;
}

function workers(count: number): string {
  return `${count} ${count === 1 ? "worker" : "workers"}`;
}

/** What may surprise about a PHP that runs already: it refuses files that we let through. */
export function noteOnPhp(choice: PhpChoice | undefined, config: ResolvedConfig): string | undefined {
  if (choice === undefined || !("pool" in choice) || choice.pool === undefined) return undefined;
  const limit = uploadLimit(choice.pool);
  if (limit === undefined || limit.bytes >= config.limits.body) return undefined;
  return `this PHP takes files of up to ${megabytes(limit.bytes)}: for larger ones raise upload_max_filesize and post_max_size in ${limit.file}`;
}

function megabytes(bytes: number): string {
  return `${Math.round((bytes / 1_048_576) * 10) / 10} MiB`;
}
