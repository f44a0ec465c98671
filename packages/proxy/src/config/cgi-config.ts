import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/**
 * Programs that are started for each request (RFC 3875). Either `root`, a folder in which each executable file is a program, or `program`, one
 * for all paths. Nothing of a request ever becomes an argument.
 */
export interface CgiRouteConfig {
  /** The folder of the programs. Links may not lead out of it. */
  root?: string | undefined;
  /** One program, with fixed arguments if it is a list; the path is its PATH_INFO. */
  program?: string | readonly string[] | undefined;
  /** Environment beside the CGI variables: a text sets a variable, over all others; `true` passes on ours. All else of ours stays away, but for `PATH`, `LANG` and `TZ`. */
  environment?: Readonly<Record<string, string | true>> | undefined;
  /**
   * System user that the programs run as, when root starts a server with `createProxyServer`. The worker of `x-proxy` is not root then: there it
   * can only be the configuration's own `user`.
   *
   * @default the owner of `root`, or of the program's folder, never root; with `x-proxy` the worker's user
   */
  user?: string | undefined;
  /** Programs of the route that run at once; further requests wait, at most 256 and `timeouts.queue`. @default 16 */
  concurrency?: number | undefined;
  /**
   * Milliseconds, or a text such as `"5m"`, after which a program is ended; 0: never. Its silence has the limits
   * `timeouts.firstByte` and `timeouts.idle`.
   *
   * @default "5m"
   */
  time?: number | string | undefined;
  /** Bytes that a program may write; it is ended at more. `false`: any. @default 1_073_741_824 (1 GiB) */
  output?: number | string | false | undefined;
  /** Do programs whose name begins with `nph-` send an HTTP status line themselves (RFC 3875 §5)? @default false: they are as others */
  nph?: boolean | undefined;
}

/** Programs for requests. */
export interface ResolvedCgiRoute {
  /** Absolute; undefined when there is one program. */
  readonly root: string | undefined;
  /** Program and arguments; empty with a folder. */
  readonly program: readonly string[];
  /** Variables of the environment; `true`: as this process has it. */
  readonly environment: ReadonlyMap<string, string | true>;
  /** Who runs it; undefined: this user. */
  readonly user: string | undefined;
  /** DOCUMENT_ROOT. */
  readonly documentRoot: string | undefined;
  /** Processes at once. */
  readonly concurrency: number;
  /** Milliseconds; 0: any. */
  readonly time: number;
  /** Bytes; Infinity: any. */
  readonly output: number;
  /** Do programs whose name begins with `nph-` write the whole response? */
  readonly nph: boolean;
}

/** Fills in the defaults of a CGI route. */
export function expandCgi(expansion: Expansion, path: KeyPath, it: CgiRouteConfig): ResolvedCgiRoute {
  const [program, ...args] = typeof it.program === "string" ? [it.program] : (it.program ?? []);
  if ((it.root === undefined) === (program === undefined)) {
    expansion.problem(path, 'needs either "root", a folder of programs, or "program", one for all paths.');
  }
  for (const name of Object.keys(it.environment ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      expansion.problem([...path, "environment", name], "is not the name of a variable.");
  }
  return {
    root: it.root === undefined ? undefined : expansion.path(it.root),
    program: program === undefined ? [] : [expansion.path(program), ...args],
    environment: new Map(Object.entries(it.environment ?? {})),
    user: it.user,
    documentRoot: expansion.root,
    concurrency: it.concurrency ?? 16,
    time: expansion.duration([...path, "time"], it.time, 300_000),
    output: it.output === false ? Infinity : expansion.size([...path, "output"], it.output, 1_073_741_824),
    nph: it.nph ?? false,
  };
}
