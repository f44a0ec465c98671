import { spawnSync } from "node:child_process";

import { findPhpFpm } from "./find-php-fpm.ts";
import { MistakeError } from "./mistake-error.ts";

/** `auto`: php-fpm where there is one that runs, else WebAssembly. */
export type PhpRuntime = "auto" | "fpm" | "wasm";

/** Which PHP answers, and why. */
export interface PhpChoice {
  /** The program `php-fpm`; undefined: PHP in WebAssembly. */
  readonly phpFpm: string | undefined;
  /** One sentence for the person who starts the demo. */
  readonly reason: string;
}

/** The name of the package that brings PHP in WebAssembly. It is loaded by the application only. */
const WASM = "@php-wasm/node";
/** The major version of Node that it runs on. */
const WASM_NODE = "24";

/**
 * Chooses between php-fpm and PHP in WebAssembly.
 *
 * @param path the PATH to look for php-fpm in
 * @throws MistakeError when there is neither, or not the one that was wanted
 */
export function choosePhp(wanted: PhpRuntime, path: string): PhpChoice {
  if (wanted === "wasm") return webAssembly("as --php-runtime wasm asks for");
  const programs = findPhpFpm(path);
  for (const phpFpm of programs) {
    const version = versionOf(phpFpm);
    if (version !== undefined) return { phpFpm, reason: `PHP ${version} by php-fpm, found at ${phpFpm}.` };
  }
  const why = programs.length === 0 ? "no php-fpm is installed here" : `${programs.join(" and ")} cannot be run here`;
  if (wanted === "fpm")
    throw new MistakeError(`${why}: install it (Debian, Ubuntu: apt-get install php-fpm), or leave --php-runtime out.`);
  return webAssembly(`because ${why}`);
}

/** `8.2.7` from "PHP 8.2.7 (fpm-fcgi) …"; undefined when the program does not run or is something else. */
function versionOf(program: string): string | undefined {
  const { stdout } = spawnSync(program, ["-v"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return /^PHP (\S+) \(fpm-fcgi\)/.exec(stdout ?? "")?.[1];
}

function webAssembly(why: string): PhpChoice {
  const [major] = process.versions.node.split(".");
  if (major !== WASM_NODE) {
    throw new MistakeError(
      `PHP should run in WebAssembly, ${why}, which needs Node ${WASM_NODE}, and this is Node ${major}: start the demo by \`npm start\`, which brings one, or install php-fpm.`,
    );
  }
  try {
    import.meta.resolve(WASM);
  } catch {
    throw new MistakeError(
      `PHP should run in WebAssembly, ${why}, but the package ${WASM} is not installed: run \`pnpm install\` with optional dependencies, or install php-fpm.`,
    );
  }
  return { phpFpm: undefined, reason: `PHP in WebAssembly (${WASM}), ${why}.` };
}
