import { spawnSync } from "node:child_process";
import { dirname } from "node:path";

/** One Node to try the packages on. */
export interface NodeLine {
  /** As in `node@22.23.3`. */
  readonly version: string;
  /** Where the program lies; undefined: it could not be had. */
  readonly file: string | undefined;
}

/** The lines that are supported beside the workspace's own. npm's package `node` brings the program. */
const OTHER_LINES: readonly string[] = ["22.23.3", "26.10.0"];

/** The workspace's own Node and, fetched by npx at the first time, one of each other supported line. */
export function nodeLines(): NodeLine[] {
  const others = OTHER_LINES.map((version) => {
    const args = ["--yes", `--package=node@${version}`, "-c", 'node -p "process.execPath"'];
    const { status, stdout } = spawnSync("npx", args, { encoding: "utf8", env: forRegistry() });
    return { version, file: status === 0 ? stdout.trim() : undefined };
  });
  return [{ version: process.versions.node, file: process.execPath }, ...others];
}

/** Who stands between us and the registry is known by a variable of Node's, where there is such a one. */
function forRegistry(): NodeJS.ProcessEnv {
  const authorities = process.env["NODE_EXTRA_CA_CERTS"];
  return { ...withoutWorkspace(), ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorities }) };
}

/** The environment in which a program and whatever it starts run on that Node, in no workspace. */
export function environmentOf(file: string): NodeJS.ProcessEnv {
  const environment = withoutWorkspace();
  return { ...environment, PATH: `${dirname(file)}:${environment["PATH"] ?? ""}`, NO_COLOR: "1" };
}

/** pnpm puts the workspace's commands on the PATH, its own settings into npm's variables, and vitest has some too. */
function withoutWorkspace(): NodeJS.ProcessEnv {
  const environment = Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_|VITEST|VITE_)/i.test(name));
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("/node_modules/.bin"));
  return { ...Object.fromEntries(environment), PATH: path.join(":") };
}
