import { chmodSync, copyFileSync, linkSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { build, stop } from "esbuild";

import { packageFolders } from "./package-folders.ts";

/** What is put into the run folder. */
export interface StageOptions {
  /** The run folder. */
  readonly folder: string;
  readonly site: string;
  /** Entry files of the applications by name. */
  readonly applications: Readonly<Record<string, string>>;
  /** Packages that cannot be bundled: they are staged as they are, with all that they depend on. */
  readonly packages: readonly string[];
}

/** Where everything is now. */
export interface Staged {
  readonly site: string;
  readonly node: string;
  readonly cwd: string;
  /** The bundled applications by name. */
  readonly applications: Readonly<Record<string, string>>;
}

/**
 * Puts a copy of site, applications and node binary where every user can read them.
 *
 * Started as root, the proxy runs the applications as the web user, who cannot enter the folder of a clone in `/root`. Files
 * are hard links where the file system allows.
 */
export async function stage(options: StageOptions): Promise<Staged> {
  const { folder } = options;
  const umask = process.umask(0o022);
  try {
    const site = join(folder, "site");
    const cwd = join(folder, "applications");
    const node = join(folder, "bin/node");
    shareTree(options.site, site);
    mkdirSync(dirname(node));
    shareFile(process.execPath, node, 0o755);
    await build({
      entryPoints: { ...options.applications },
      outdir: cwd,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      external: [...options.packages],
      logLevel: "warning",
    });
    for (const [name, source] of packageFolders(options.packages)) shareTree(source, join(cwd, "node_modules", name));
    const names = Object.keys(options.applications);
    return { site, node, cwd, applications: Object.fromEntries(names.map((name) => [name, join(cwd, `${name}.mjs`)])) };
  } finally {
    process.umask(umask);
    // Or its helper process stays as long as this one.
    await stop();
  }
}

function shareTree(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory()) shareTree(from, to);
    else if (entry.isFile()) shareFile(from, to, 0o644);
  }
}

/** A hard link when its rights are good enough: they belong to both names, so a link's are never changed. */
function shareFile(source: string, target: string, mode: number): void {
  if ((statSync(source).mode & mode) === mode && tryLink(source, target)) return;
  copyFileSync(source, target);
  chmodSync(target, mode);
}

function tryLink(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch {
    // Another file system, or one without hard links.
    return false;
  }
}
