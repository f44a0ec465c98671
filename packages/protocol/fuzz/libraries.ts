// Jazzer.js comes with a binary that needs glibc 2.38, which Debian has since 13. Older systems run it with the libraries of
// Debian 13, unpacked into a folder of ours: nothing is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NEEDED = [2, 38] as const;
const SUITE = "trixie";
const PACKAGES = ["libc6", "libstdc++6", "libgcc-s1"];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What stands before `node …` on the command line: nothing, or the loader of newer libraries. */
export type Launcher = readonly string[];

/** Why the fuzzer cannot run here, in one sentence. */
export class MissingLibraries extends Error {}

/**
 * How to start Node so that the fuzzer's binary can be loaded.
 *
 * @param folder where libraries are kept for the next time
 * @throws MissingLibraries
 */
export function fuzzLauncher(folder: string): Launcher {
  if (process.platform !== "linux" || !isOlder(glibcVersion(), NEEDED)) return [];
  const found = findLoader(folder);
  if (found !== undefined) return found;
  download(folder);
  const unpacked = findLoader(folder);
  if (unpacked === undefined) throw missing(`the packages of Debian 13 hold no loader for ${process.arch}`);
  return unpacked;
}

function glibcVersion(): string {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? "0.0";
}

function isOlder(version: string, than: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < than[0] || (major === than[0] && minor < than[1]);
}

function findLoader(folder: string): Launcher | undefined {
  const root = join(folder, "usr", "lib");
  if (!existsSync(root)) return undefined;
  for (const triplet of readdirSync(root)) {
    const libraries = join(root, triplet);
    if (!triplet.includes("linux") || !existsSync(join(libraries, "libstdc++.so.6"))) continue;
    const loader = readdirSync(libraries).find((file) => file.startsWith("ld-linux"));
    if (loader !== undefined) return [join(libraries, loader), "--library-path", libraries];
  }
  return undefined;
}

/** With apt, from the mirror that this machine already uses, as any user. */
function download(folder: string): void {
  const mirror = debianMirror();
  if (!existsSync(KEYRING))
    throw missing(`${KEYRING}, the keys of Debian (package debian-archive-keyring), is not there`);
  const state = join(folder, "apt");
  rmSync(folder, { recursive: true, force: true });
  for (const part of ["sources", "lists/partial", "cache/archives/partial"])
    mkdirSync(join(state, part), { recursive: true });
  const source = { Types: "deb", URIs: mirror, Suites: SUITE, Components: "main", "Signed-By": KEYRING };
  const lines = Object.entries(source).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(state, "sources", "debian.sources"), lines.join(""));
  const settings = {
    "Dir::Etc::SourceList": "/dev/null",
    "Dir::Etc::SourceParts": join(state, "sources"),
    "Dir::State": state,
    "Dir::State::Lists": join(state, "lists"),
    "Dir::Cache": join(state, "cache"),
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "-qq", "update"], folder);
  run("apt-get", [...options, "-qq", "download", ...PACKAGES], folder);
  const packages = readdirSync(folder).filter((file) => file.endsWith(".deb"));
  for (const file of packages) run("dpkg", ["-x", file, folder], folder);
  for (const file of [...packages, "apt"]) rmSync(join(folder, file), { recursive: true });
}

function debianMirror(): string {
  const { stdout, status } = spawnSync(
    "apt-get",
    ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"],
    { encoding: "utf8" },
  );
  const mirrors = status === 0 ? stdout.split("\n") : [];
  const mirror = mirrors.find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw missing("apt of this system knows no mirror of Debian to get them from");
  return mirror;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1) ?? "";
  throw missing(`${command} could not get them (${reason})`);
}

function missing(why: string): MissingLibraries {
  return new MissingLibraries(
    `Jazzer.js needs glibc ${NEEDED.join(".")} (this system has ${glibcVersion()}), so the libraries of Debian 13 are missing: ${why}.`,
  );
}
