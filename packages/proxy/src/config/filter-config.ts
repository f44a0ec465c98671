import { expandParams } from "./expand-params.ts";
import type { Expansion } from "./expand.ts";
import { checkFileNames, scriptExtensions } from "./file-rules.ts";
import type { KeyPath } from "./key-path.ts";

/**
 * An application in the role of a filter (FastCGI 1.0 §6.4): it gets a file of ours, which it need not be able to read itself, and gives
 * what is made of it. The file follows the request's body as FCGI_DATA, with FCGI_DATA_LENGTH and FCGI_DATA_LAST_MOD among the params.
 */
export interface FilterRouteConfig {
  /** Name of an upstream. */
  upstream: string;
  /** The folder of the files. @default `root` of the route, else of the configuration */
  root?: string | undefined;
  /** Files that answer for a folder. @default ["index.html"] */
  index?: readonly string[] | undefined;
  /** SCRIPT_FILENAME, for applications that run files: absolute, as the application sees it. */
  script?: string | undefined;
  /** Params for the application, over all others of the same name. */
  params?: Readonly<Record<string, string>> | undefined;
  /**
   * Gives a result ETag and Last-Modified by its file, and answers 304 without asking the application. `false` for a filter whose
   * result depends on more than file, URL and `version`: on the user, or the time.
   *
   * @default true
   */
  validators?: boolean | undefined;
  /** Any text that is changed with the filter: results of before are asked for anew then. @default "" */
  version?: string | undefined;
}

/** Files go through an application. */
export interface ResolvedFilterRoute {
  /** Name of the upstream. */
  readonly upstream: string;
  /** Absolute. */
  readonly root: string;
  /** Files that answer for a folder, tried in order. */
  readonly index: readonly string[];
  /** SCRIPT_FILENAME; undefined: none. */
  readonly script: string | undefined;
  /** Params over all others of the same name. */
  readonly params: ReadonlyMap<string, string>;
  /** Does the gateway make ETag and answer conditional requests? */
  readonly validators: boolean;
  /** Goes into the ETag: a filter that writes something else gets another one. */
  readonly version: string;
  /** File name extensions that no filter gets, lower case: those of scripts. */
  readonly neverServe: readonly string[];
}

/** Fills in the defaults of a filter route. */
export function expandFilter(expansion: Expansion, path: KeyPath, it: FilterRouteConfig): ResolvedFilterRoute {
  expansion.checkUpstream([...path, "upstream"], it.upstream);
  if (expansion.hasScgi(it.upstream))
    expansion.problem([...path, "upstream"], "speaks SCGI, which has no roles: a filter needs FastCGI.");
  const root = it.root === undefined ? expansion.root : expansion.path(it.root);
  if (root === undefined) expansion.problem(path, 'needs a folder: add "root" here or to the configuration.');
  const index = it.index ?? ["index.html"];
  checkFileNames(expansion, [...path, "index"], index);
  return {
    upstream: it.upstream,
    root: root ?? "",
    index,
    script: it.script,
    params: expandParams(expansion, [...path, "params"], it.params ?? {}),
    validators: it.validators ?? true,
    version: it.version ?? "",
    neverServe: scriptExtensions(expansion),
  };
}
