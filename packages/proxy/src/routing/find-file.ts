import { splitScriptPath } from "@x/protocol/cgi";

import type { DenyList } from "./deny-list.ts";
import { isHidden } from "./hidden-names.ts";
import type { FileKind, RootFolder } from "./root-folder.ts";

/** What stands in the document root for a path. All paths latin-1, relative to the root, with a slash first. */
export type FoundFile =
  /** A script that exists, and what of the path follows it. */
  | FoundScript
  /** A file that is no script of this route. */
  | { readonly kind: "file"; readonly path: string }
  /** A folder with an index file, asked for without its slash. */
  | { readonly kind: "folder" }
  /** Whatever is there, nobody gets it. */
  | { readonly kind: "denied"; readonly reason: string }
  | { readonly kind: "none" };

interface FoundScript {
  readonly kind: "script";
  readonly scriptName: string;
  readonly pathInfo: string;
}

/** What a route says about its files. */
export interface FileRules {
  readonly extensions: readonly string[];
  readonly index: readonly string[];
  readonly tryFiles: readonly string[];
  /** Beside what is hidden anyway. */
  readonly denied?: DenyList | undefined;
}

/** Is told what stands at a path of the root. */
export type Looked = (path: string, kind: FileKind) => void;

const NONE: FoundFile = { kind: "none" };
const FOLDER: FoundFile = { kind: "folder" };

/**
 * Finds the file that answers a path. A path with a script in it stands for that script or for nothing, so that `/upload/x.jpg/y.php`
 * runs neither (php.ini `cgi.fix_pathinfo`); any other path goes through `tryFiles`.
 *
 * @param path decoded and clean
 * @param found called once, at once when everything is remembered
 * @param looked is told each look into the root
 */
export function findFile(
  folder: RootFolder,
  rules: FileRules,
  path: string,
  found: (file: FoundFile) => void,
  looked?: Looked,
): void {
  const script = splitScript(path, rules.extensions);
  // What follows a script is the application's: files of its users may well have a dot first.
  const reason = denialOf(rules, script === undefined ? path : script.scriptName);
  if (reason !== undefined) found({ kind: "denied", reason });
  else if (script === undefined) new Search(folder, rules, path, found, looked).step(0);
  else {
    folder.lookup(script.scriptName, (kind) => {
      looked?.(script.scriptName, kind);
      found(kind === "file" ? script : NONE);
    });
  }
}

/** Where a path leads when the root lies on another machine and nothing can be looked at: to its script, else to the first index file as front controller. */
export function findRemoteScript(rules: FileRules, path: string): FoundFile {
  const script = splitScript(path, rules.extensions);
  const reason = denialOf(rules, script === undefined ? path : script.scriptName);
  if (reason !== undefined) return { kind: "denied", reason };
  if (script !== undefined) return script;
  const [first] = rules.index;
  return first === undefined ? NONE : { kind: "script", scriptName: `/${first}`, pathInfo: "" };
}

/** Why nobody gets a path; undefined: it is free. */
function denialOf(rules: FileRules, path: string): string | undefined {
  if (isHidden(path)) return "dot files, backups, what editors leave behind and x.config.* are never served";
  const pattern = rules.denied?.find(path);
  return pattern === undefined ? undefined : `${JSON.stringify(pattern)} stands in deny of the route`;
}

function splitScript(path: string, extensions: readonly string[]): FoundScript | undefined {
  const split = extensions.length === 0 ? undefined : splitScriptPath(path, extensions);
  return split && { kind: "script", scriptName: split.scriptName, pathInfo: split.pathInfo };
}

/** One walk through `tryFiles`. */
class Search {
  readonly #folder: RootFolder;
  readonly #rules: FileRules;
  readonly #path: string;
  readonly #found: (file: FoundFile) => void;
  readonly #looked: Looked | undefined;
  /** What the path itself is, once known: a path that is no folder has no index file. */
  #kind: FileKind | undefined;

  constructor(
    folder: RootFolder,
    rules: FileRules,
    path: string,
    found: (file: FoundFile) => void,
    looked: Looked | undefined,
  ) {
    this.#looked = looked;
    this.#folder = folder;
    this.#rules = rules;
    this.#path = path;
    this.#found = found;
  }

  step(position: number): void {
    const entry = this.#rules.tryFiles[position];
    if (entry === undefined) {
      this.#found(NONE);
      return;
    }
    const next = (): void => this.step(position + 1);
    const candidate = entry.replace("{path}", () => this.#path).replaceAll("//", "/");
    if (entry === "{path}/" && this.#kind === "none") next();
    else if (entry.endsWith("/")) this.#index(candidate, entry, 0, next);
    else this.#look(candidate, next);
  }

  #look(candidate: string, next: () => void): void {
    this.#folder.lookup(candidate, (kind) => {
      this.#looked?.(candidate, kind);
      if (candidate === this.#path) this.#kind = kind;
      if (kind === "file" || this.#isLinkedFile(kind, candidate)) this.#answer(candidate);
      else next();
    });
  }

  #index(folder: string, entry: string, position: number, next: () => void): void {
    const name = this.#rules.index[position];
    if (name === undefined) {
      next();
      return;
    }
    this.#folder.lookup(folder + name, (kind) => {
      this.#looked?.(folder + name, kind);
      if (kind !== "file" && !this.#isLinkedFile(kind, name)) this.#index(folder, entry, position + 1, next);
      else if (entry === "{path}/" && !this.#path.endsWith("/")) this.#found(FOLDER);
      else this.#answer(folder + name);
    });
  }

  /** Scripts must lie in the root itself. */
  #isLinkedFile(kind: FileKind, path: string): boolean {
    return kind === "linked" && splitScript(path, this.#rules.extensions) === undefined;
  }

  /** The path that was found may be another than the one that was asked for: an index, or an entry of `tryFiles`. */
  #answer(path: string): void {
    const script = splitScript(path, this.#rules.extensions);
    const reason = denialOf(this.#rules, script?.scriptName ?? path);
    if (reason !== undefined) this.#found({ kind: "denied", reason });
    else this.#found(script ?? { kind: "file", path });
  }
}
