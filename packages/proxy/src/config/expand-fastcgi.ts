import type { FastCGIRouteConfig } from "./define-config.ts";
import { expandParams } from "./expand-params.ts";
import type { Expansion } from "./expand.ts";
import { checkFileNames, scriptExtensions } from "./file-rules.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedFastCGIRoute } from "./resolved-config.ts";
import type { ResolvedUpstream } from "./upstream-config.ts";

/** @param withFiles does `static` stand beside it? */
export function expandFastCGI(
  expansion: Expansion,
  path: KeyPath,
  it: FastCGIRouteConfig,
  withFiles: boolean,
  upstreams: ReadonlyMap<string, ResolvedUpstream>,
): ResolvedFastCGIRoute {
  expansion.checkUpstream([...path, "upstream"], it.upstream);
  if (it.buffer === "off" && expansion.hasScgi(it.upstream))
    expansion.problem([...path, "buffer"], 'cannot be "off" with SCGI, which tells the length of a body before it.');
  const extensions = it.extensions ?? [];
  for (const [index, extension] of extensions.entries()) {
    if (!/^\.[\w-]+$/.test(extension)) {
      expansion.problem(
        [...path, "extensions", index],
        `must be a dot and letters such as ".php", not ${JSON.stringify(extension)}.`,
      );
    }
  }
  const usesFiles = extensions.length > 0 || withFiles;
  const checkFiles = usesFiles && (it.checkFiles ?? true);
  if (withFiles && !checkFiles) {
    expansion.problem(
      [...path, "checkFiles"],
      "cannot be false beside static: files of another machine cannot be served from here.",
    );
  }
  if (it.tryFiles !== undefined && !checkFiles) {
    expansion.problem(
      [...path, "tryFiles"],
      usesFiles ? "needs checkFiles." : "needs extensions, or static beside fastcgi.",
    );
  }
  const root = it.root === undefined || !checkFiles ? (it.root ?? expansion.root) : expansion.path(it.root);
  if (usesFiles && root === undefined)
    expansion.problem(path, 'needs a document root: add "root" here or to the configuration.');
  if (it.resolveRoot === true && !checkFiles)
    expansion.problem(
      [...path, "resolveRoot"],
      "needs files that are looked at: extensions, and no checkFiles: false.",
    );
  if (it.resolveRoot === true && it.rootOnBackend !== undefined)
    expansion.problem(
      [...path, "resolveRoot"],
      "has no meaning beside rootOnBackend: its links are not seen from here.",
    );
  if (it.rootOnBackend !== undefined && !it.rootOnBackend.startsWith("/"))
    expansion.problem([...path, "rootOnBackend"], `must begin with "/", not be ${JSON.stringify(it.rootOnBackend)}.`);
  const index = it.index ?? defaultIndex(extensions, withFiles);
  checkFileNames(expansion, [...path, "index"], index);
  const tryFiles = it.tryFiles ?? defaultTryFiles(extensions, index);
  for (const [position, entry] of tryFiles.entries()) {
    if (!/^(?:\{path\}|\/)[^{}]*$/.test(entry) || entry.split("/").includes("..")) {
      expansion.problem(
        [...path, "tryFiles", position],
        `must begin with "{path}" or "/" and stay in the root, not ${JSON.stringify(entry)}.`,
      );
    }
  }
  return {
    upstream: it.upstream,
    root,
    extensions,
    index,
    tryFiles: checkFiles ? tryFiles : [],
    checkFiles,
    rootOnBackend: it.rootOnBackend,
    resolveRoot: it.resolveRoot ?? false,
    sendfile: {
      roots: (it.sendfile?.roots ?? []).map((folder) => expansion.path(folder)),
      accel: it.sendfile?.accel ?? false,
      neverServe: scriptExtensions(expansion),
    },
    params: expandParams(expansion, [...path, "params"], it.params ?? {}),
    onClientAbort: it.onClientAbort ?? "abort",
    buffer: it.buffer ?? (multiplexes(upstreams.get(it.upstream)) ? "known-length" : "on"),
  };
}

function multiplexes(upstream: ResolvedUpstream | undefined): boolean {
  return upstream !== undefined && upstream.addresses.some(({ multiplex }) => multiplex > 1);
}

function defaultIndex(extensions: readonly string[], withFiles: boolean): string[] {
  const index: string[] = [];
  if (extensions[0] !== undefined) index.push(`index${extensions[0]}`);
  if (withFiles) index.push("index.html");
  return index;
}

function defaultTryFiles(extensions: readonly string[], index: readonly string[]): string[] {
  const tried = ["{path}", "{path}/"];
  if (extensions.length > 0 && index[0] !== undefined) tried.push(`/${index[0]}`);
  return tried;
}
