import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";

import { stageExample } from "../examples.ts";
import { freePorts } from "../free-port.ts";
import { needs, needsThat } from "../needs.ts";
import { socketFolder } from "../temporary.ts";
import type { RunningProxy } from "./x-proxy.ts";
import { startXProxy } from "./x-proxy.ts";

const example = join(import.meta.dirname, "../../../../examples/many-languages");

/** As many applications as it starts. */
const PORTS = 12;

/** Is there all of it but PHP? */
export function hasAllLanguages(): boolean {
  return [
    needs("fcgiwrap", ["fcgiwrap"]),
    needs("git", ["git"]),
    needs("Plack", ["plackup"]),
    needs("uWSGI", ["uwsgi"]),
    needsThat("Perl's FCGI", "perl", ["-MFCGI", "-MFCGI::ProcManager", "-e1"]),
    needsThat("Flask", "/usr/bin/python3", ["-c", "import flask"]),
    needsThat("uWSGI's Python", "uwsgi", ["--plugin", "python3", "--version"]),
    needsThat("Django", "/usr/bin/python3", ["-c", "import django"]),
    needsThat("uWSGI's Rack", "uwsgi", ["--plugin", "rack", "--version"]),
    needsThat("Rails", "ruby", ["-e", 'require "rails"; require "action_controller/railtie"']),
    needsThat("gitweb", "test", ["-f", "/usr/share/gitweb/gitweb.cgi"]),
    needsThat("cgit", "test", ["-f", "/usr/lib/cgit/cgit.cgi"]),
  ].every(Boolean);
}

/** What is decided before it starts. */
export interface ManyLanguagesOptions {
  readonly transport: "unix" | "tcp";
  /** More of its environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Changes the copy before it is served. */
  readonly prepare?: (example: string) => void;
}

/** Serves a copy of examples/many-languages in the folder: `example` there, with repositories in `git`. */
export async function startManyLanguages(
  folder: string,
  { transport, environment = {}, prepare }: ManyLanguagesOptions,
): Promise<RunningProxy> {
  const copy = join(folder, "example");
  cpSync(example, copy, { recursive: true, filter: (path) => !/\/(?:run|git|var)$/.test(path.slice(example.length)) });
  prepare?.(copy);
  const repositories = join(folder, "git");
  execFileSync("mkdir", [repositories]);
  makeRepository(repositories);
  // An x-responder that the web server's user may run, and its node.
  stageExample(folder);
  return startXProxy(["--config", join(copy, "x.config.ts")], {
    ...process.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    TRANSPORT: transport,
    RUN: socketFolder(folder),
    PORT: String(await freePorts(PORTS)),
    GIT_PROJECT_ROOT: repositories,
    ...environment,
  });
}

/** A repository that the web server's user may write, since git looks who owns it; with so many branches that asking for all of them is long. */
function makeRepository(folder: string): void {
  const repository = join(folder, "project.git");
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", repository]);
  execFileSync("git", ["-C", repository, "config", "http.receivepack", "true"]);
  const commit = (branch: number): string =>
    `commit refs/heads/branch-${branch}\ncommitter a <a@example.org> ${1_600_000_000 + branch} +0000\ndata 6\nchange\nM 644 inline file\ndata 3\n${100 + branch}\n`;
  const input = Array.from({ length: 60 }, (_, branch) => commit(branch)).join("");
  execFileSync("git", ["-C", repository, "fast-import", "--quiet"], { input });
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "www-data", folder]);
}
