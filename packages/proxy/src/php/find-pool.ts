import { readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

import { parseAddress } from "@x/protocol/address";

import { readPools } from "./fpm-pool.ts";
import type { FpmPool } from "./fpm-pool.ts";
import { iniBytes, readIni } from "./ini-file.ts";
import { poolFiles } from "./php-search.ts";
import type { PhpSearch } from "./php-search.ts";

/** The pool that listens at an address, as far as the pool files may be read; undefined: not known. */
export async function findPool(address: string, search: PhpSearch): Promise<FpmPool | undefined> {
  const pools = poolFiles(search).flatMap((file) => readPools(textOf(file), file));
  const target = parseAddress(address);
  if (target.kind === "tcp") return pools.find(({ listen }) => portOf(listen) === target.port);
  if (target.kind !== "unix") return undefined;
  const wanted = await realPathOf(target.path);
  for (const pool of pools) if ((await realPathOf(pool.listen)) === wanted) return pool;
  return undefined;
}

/** Bytes of the largest file that PHP takes in this pool, and which file says so; undefined: not known. */
export function uploadLimit(pool: FpmPool): { readonly bytes: number; readonly file: string } | undefined {
  // Distributions have the folder of pool files beside php.ini.
  const iniFile = join(dirname(dirname(pool.file)), "php.ini");
  const ini = new Map(readIni(textOf(iniFile)).map(({ name, value }) => [name, value]));
  if (ini.size === 0 && pool.ini.size === 0) return undefined;
  const limits = [...DEFAULTS].flatMap(([name, fallback]) => {
    const own = pool.ini.get(name);
    const bytes = iniBytes(own ?? ini.get(name) ?? fallback) ?? 0;
    // 0 is no limit.
    return bytes === 0 ? [] : [{ bytes, file: own === undefined ? iniFile : pool.file }];
  });
  return limits.toSorted((a, b) => a.bytes - b.bytes)[0];
}

/** PHP's own. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["upload_max_filesize", "2M"],
  ["post_max_size", "8M"],
]);

function portOf(listen: string): number | undefined {
  const [, port] = /^(?:.*:)?(\d+)$/.exec(listen) ?? [];
  return port === undefined ? undefined : Number(port);
}

function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
