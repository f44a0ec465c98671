import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import type { Account } from "./account.ts";
import { emptyFolder } from "./leftovers.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { writeRecord } from "./run-record.ts";
import { giveFolder } from "./socket-folder.ts";

/**
 * The folder that holds all run folders of this user: `$RUNTIME_DIRECTORY` where a service manager made one (systemd.exec(5)
 * `RuntimeDirectory=`), else `/run/x-proxy` as root, else one in `$XDG_RUNTIME_DIR`, else one in the temporary folder.
 */
export function runFolderBase(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const { RUNTIME_DIRECTORY: service, XDG_RUNTIME_DIR: session } = environment;
  const [made] = service?.split(":") ?? [];
  if (made !== undefined && isAbsolute(made)) return made;
  const uid = process.getuid?.() ?? 0;
  if (uid === 0 && existsSync("/run")) return "/run/x-proxy";
  if (session !== undefined && isAbsolute(session) && existsSync(session)) return join(session, "x-proxy");
  return join(tmpdir(), `x-proxy-${uid}`);
}

/**
 * Makes the base if it is not there, and makes sure that nobody else can put anything into it: in a temporary folder another
 * user could have made it first.
 *
 * @throws `FCGI_ERR_PROCESS_EXIT` when it cannot be had
 */
export function prepareBase(base: string): void {
  const uid = process.getuid?.() ?? 0;
  try {
    const made = mkdirSync(base, { recursive: true, mode: 0o700 });
    // Root's must let the users of the applications through to their own folders, whatever the umask is.
    if (made !== undefined && uid === 0) chmodSync(base, 0o755);
  } catch (error) {
    throw unusable(base, "cannot be made", error);
  }
  const folder = lstatSync(base);
  if (!folder.isDirectory()) throw unusable(base, "is no folder");
  if (process.getuid !== undefined && folder.uid !== uid) throw unusable(base, "belongs to another user");
  if (process.getuid !== undefined && (folder.mode & 0o022) !== 0)
    throw unusable(base, "can be written by other users");
}

/** The folder of one run of the program: socket files, generated configuration, and a record of what was started. */
export class RunFolder {
  readonly path: string;
  readonly #processes = new Map<string, ProcessIdentity>();
  readonly #names = new Map<string, string>();

  /** Makes a new folder in the base. @throws `FCGI_ERR_PROCESS_EXIT` when that fails */
  constructor(base: string) {
    prepareBase(base);
    try {
      // The number in front tells the cleaning of the next start whose folder it is before the record is written.
      this.path = mkdtempSync(join(base, `${process.pid}-`));
      if (process.getuid?.() === 0) chmodSync(this.path, 0o711);
      writeRecord(this.path, []);
    } catch (error) {
      throw unusable(base, "cannot be written", error);
    }
  }

  /** The name of a process's folder: its own as far as a file system and a socket path (107 bytes in all) take it. */
  nameFor(process: string): string {
    const known = this.#names.get(process);
    if (known !== undefined) return known;
    const name = /^[\w-]{1,20}$/.test(process) ? process : `process.${this.#names.size}`;
    this.#names.set(process, name);
    return name;
  }

  /**
   * Makes a folder for one process, 0700 and its user's, with the given files in it. The worker may use sockets there, too.
   *
   * The files are written before the folder is given away: afterwards its user could put links in their places.
   *
   * @param name see {@link nameFor}
   * @returns its path
   */
  addFolder(
    name: string,
    account: Account | undefined,
    files: Readonly<Record<string, string>>,
    client?: Account,
  ): string {
    const folder = join(this.path, name);
    mkdirSync(folder, { mode: 0o700 });
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(folder, file), text, { mode: 0o600, flag: "wx" });
      if (account !== undefined) chownSync(join(folder, file), account.uid, account.gid);
    }
    giveFolder(folder, account, client);
    return folder;
  }

  /** Records that a process runs (or, without identity, that it has ended). */
  record(name: string, identity: ProcessIdentity | undefined): void {
    if (identity === undefined) this.#processes.delete(name);
    else this.#processes.set(name, identity);
    try {
      writeRecord(this.path, [...this.#processes.values()]);
    } catch {
      // The folder was removed under us, or the disk is full: the record is for the case that we are killed, no reason to fail.
    }
  }

  /** Removes the folder with what we and the applications left in it. */
  remove(): void {
    emptyFolder(this.path);
    try {
      rmdirSync(this.path);
    } catch {
      // Already gone, or an application put something of its own there: left for the next start to look at.
    }
  }
}

function unusable(folder: string, why: string, cause?: unknown): FastCGIError {
  const message = `the run folder ${folder} ${why}: remove it or give it back to the user that starts this program.`;
  return new FastCGIError("FCGI_ERR_PROCESS_EXIT", message, { phase: "configure", cause });
}
