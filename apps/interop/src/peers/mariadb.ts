import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** A MariaDB with one user and one database, on a UNIX socket alone. */
export interface MariaDb extends Program {
  socket: string;
}

/** As the user of its package, when started as root. */
const ROOT = process.getuid?.() === 0;

/** Starts a MariaDB with data of its own, and nothing of the machine's configuration. */
export async function startMariaDb(folder: string, user: { name: string; password: string }): Promise<MariaDb> {
  const home = join(folder, "mariadb");
  const data = join(home, "data");
  const socket = join(home, "db.sock");
  mkdirSync(home);
  chmodSync(home, 0o755);
  if (ROOT) execFileSync("chown", ["mysql:mysql", home]);
  const asUser = ROOT ? ["--user=mysql"] : [];
  const install = requireProgram(["mariadb-install-db"], "mariadb-server");
  const how = ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"];
  execFileSync(install, [...how, ...asUser], { stdio: ["ignore", "ignore", "pipe"] });
  const server = requireProgram(["mariadbd"], "mariadb-server");
  const args = ["--no-defaults", `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${home}/db.pid`, ...asUser];
  const small = ["--skip-networking", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M"];
  const program = await startProgram(server, [...args, ...small], { path: socket });
  const grants = [
    `CREATE DATABASE kitchen`,
    `CREATE USER '${user.name}'@'localhost' IDENTIFIED BY '${user.password}'`,
    `GRANT ALL ON kitchen.* TO '${user.name}'@'localhost'`,
  ].join(";");
  execFileSync(requireProgram(["mariadb"], "mariadb-client"), [
    "--no-defaults",
    `--socket=${socket}`,
    "--user=root",
    `--execute=${grants}`,
  ]);
  return { ...program, socket };
}
