import type { PhpRuntime } from "./choose-php.ts";
import { MistakeError } from "./mistake-error.ts";

/** The demo's own option, and what it leaves to x-proxy. */
export interface DemoOptions {
  readonly phpRuntime: PhpRuntime;
  /** The other arguments, as they came. */
  readonly rest: string[];
  /** Nothing is to be served: they ask for the help or the version. */
  readonly asks: boolean;
}

const RUNTIMES: readonly PhpRuntime[] = ["auto", "fpm", "wasm"];
const NAME = "--php-runtime";
const QUESTIONS: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/**
 * Takes `--php-runtime auto|fpm|wasm` out of the arguments.
 *
 * @throws MistakeError for another value
 */
export function readOptions(argv: readonly string[]): DemoOptions {
  const rest: string[] = [];
  let phpRuntime: PhpRuntime = "auto";
  // `pnpm start -- …` hands over the two hyphens as well.
  const last = argv.slice(argv[0] === "--" ? 1 : 0).toReversed();
  for (let argument = last.pop(); argument !== undefined; argument = last.pop()) {
    const [name, inline] = argument.split("=", 2);
    if (name === NAME) phpRuntime = runtime(inline ?? last.pop());
    else rest.push(argument);
  }
  return { phpRuntime, rest, asks: rest.some((argument) => QUESTIONS.has(argument)) };
}

function runtime(value: string | undefined): PhpRuntime {
  const known = RUNTIMES.find((one) => one === value);
  if (known === undefined)
    throw new MistakeError(`${NAME} is one of ${RUNTIMES.join(", ")}, not ${value ?? "nothing"}.`);
  return known;
}
