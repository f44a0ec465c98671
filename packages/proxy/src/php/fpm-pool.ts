import { isAbsolute, join } from "node:path";

import { readIni } from "./ini-file.ts";

/** What a pool file says about one pool of a PHP-FPM. */
export interface FpmPool {
  readonly name: string;
  /** The file that says so. */
  readonly file: string;
  /** A path, or host and port as they are written there: `127.0.0.1:9000`, `9000`. */
  readonly listen: string;
  /** `pm.max_children`: requests at once. */
  readonly maxChildren: number | undefined;
  /** `pm.status_path` */
  readonly statusPath: string | undefined;
  readonly user: string | undefined;
  readonly chroot: string | undefined;
  /** php.ini values that it sets. */
  readonly ini: ReadonlyMap<string, string>;
}

/** Reads the pools of a file; one that does not say where it listens is left out. */
export function readPools(text: string, file: string): FpmPool[] {
  const pools = new Map<string, Map<string, string>>();
  for (const { section, name, value } of readIni(text)) {
    if (section === "" || section === "global") continue;
    const values = pools.get(section) ?? new Map<string, string>();
    values.set(name, value.replaceAll("$pool", section));
    pools.set(section, values);
  }
  return [...pools].flatMap(([name, values]) => poolOf(name, file, values) ?? []);
}

function poolOf(name: string, file: string, values: ReadonlyMap<string, string>): FpmPool | undefined {
  const listen = values.get("listen");
  if (listen === undefined) return undefined;
  return {
    name,
    file,
    listen: isFile(listen) && !isAbsolute(listen) ? join(values.get("prefix") ?? "/", listen) : listen,
    maxChildren: countOf(values, "pm.max_children"),
    statusPath: values.get("pm.status_path"),
    user: values.get("user"),
    chroot: values.get("chroot"),
    ini: iniOf(values),
  };
}

function countOf(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const count = Number(values.get(name));
  return Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

/** Anything but `9000` and `host:9000`. */
function isFile(listen: string): boolean {
  return !/^(?:.*:)?\d+$/.test(listen);
}

/** `php_value[a]`, `php_admin_value[a]`, which has the last word, and both with `flag`. */
function iniOf(values: ReadonlyMap<string, string>): Map<string, string> {
  const ini = new Map<string, string>();
  for (const kind of ["php_value", "php_flag", "php_admin_value", "php_admin_flag"]) {
    for (const [name, value] of values) {
      if (name.startsWith(`${kind}[`) && name.endsWith("]")) ini.set(name.slice(kind.length + 1, -1), value);
    }
  }
  return ini;
}
