// What each door of each package costs who bundles it: minified and compressed with brotli, with all that it takes from the other
// packages, without Node's own modules and other people's packages. A budget has some room; a door that outgrows it says why here.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const BUDGETS: ReadonlyMap<string, string> = new Map([
  ["@x/protocol", "8 kB"],
  ["@x/protocol/session", "7 kB"],
  ["@x/protocol/cgi", "7.5 kB"],
  // Heads of text alone have a way of their own.
  ["@x/protocol/scgi", "4.6 kB"],
  ["@x/protocol/address", "2.5 kB"],
  ["@x/protocol/errors", "500 B"],
  ["@x/protocol/timers", "1.5 kB"],
  ["@x/client", "38 kB"],
  ["@x/client/cli", "50 kB"],
  ["@x/client/php-fpm", "38 kB"],
  ["@x/client/mock", "27 kB"],
  // Three protocols: FastCGI, SCGI, CGI.
  ["@x/responder", "27 kB"],
  ["@x/responder/cli", "32 kB"],
  ["@x/responder/node", "25 kB"],
  // With what finds the place of a mistake in a configuration.
  ["@x/proxy", "111 kB"],
  // With the admin socket, and what talks to it.
  ["@x/proxy/cli", "129 kB"],
  ["@x/proxy/node", "5 kB"],
]);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> };
}

interface Door {
  readonly name: string;
  /** What is built for it. */
  readonly path: string;
  /** Packages that are not ours. */
  readonly ignore: readonly string[];
}

function doorsOf(folder: string): Door[] {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const ignore = Object.keys(manifest.dependencies ?? {}).filter((name) => !name.startsWith("@x/"));
  return Object.entries(manifest.publishConfig.exports).flatMap(([door, target]) =>
    typeof target === "string"
      ? []
      : [{ name: manifest.name + door.slice(1), path: join(folder, target.default), ignore }],
  );
}

const doors = ["protocol", "client", "responder", "proxy"].flatMap((name) => doorsOf(`packages/${name}`));
const names = new Set(doors.map(({ name }) => name));
const lacking = [...names].filter((name) => !BUDGETS.has(name));
if (lacking.length > 0) throw new Error(`.size-limit.ts has no budget for ${lacking.join(", ")}`);
const gone = [...BUDGETS.keys()].filter((name) => !names.has(name));
if (gone.length > 0) throw new Error(`.size-limit.ts has a budget for ${gone.join(", ")}, which is no door any more`);

interface Budget extends Door {
  readonly limit: string;
  readonly modifyRolldownConfig: (config: object) => object;
}

const budgets: readonly Budget[] = doors.map((door) => ({
  ...door,
  limit: BUDGETS.get(door.name) ?? "0 B",
  modifyRolldownConfig: (config) => ({ ...config, platform: "node" }),
}));
export default budgets;
