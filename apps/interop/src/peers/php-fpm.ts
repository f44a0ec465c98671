import { writeFileSync } from "node:fs";
import type { NetConnectOpts } from "node:net";
import { join } from "node:path";

import { request } from "@x/client";

import { accepts, requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";
import { until } from "../until.ts";

export interface PhpFpmOptions {
  /** Static workers. */
  children: number;
  /** A TCP port on 127.0.0.1; without one it listens on `NAME.sock` in the folder. */
  port?: number;
  /** Can {@link PhpFpm.status} be asked? It costs a process. @default false */
  status?: boolean;
  /**
   * No php.ini, no extension but OPcache, which looks at no file twice, and no output of workers: what is measured then is who calls
   * it, and not the distribution's extensions, each of which begins and ends with every request.
   *
   * @default false
   */
  bare?: boolean;
  /** More lines for the pool. */
  settings?: readonly string[];
}

export interface PhpFpm extends Program {
  /** As x-proxy and x-client spell it. */
  address: string;
  /** Where its status page is, `/status`, with the option `status`. */
  statusAddress: string;
  /** What its status page says, with the option `status`; asking takes none of its workers. */
  status(): Promise<PhpFpmStatus>;
}

/** From the status page, in its own words. */
export interface PhpFpmStatus {
  "accepted conn": number;
  "active processes": number;
  "idle processes": number;
}

const BARE = ["-n", "-d", "zend_extension=opcache", "-d", "opcache.validate_timestamps=0"];

/** Starts a PHP-FPM of its own. */
export async function startPhpFpm(folder: string, name: string, options: PhpFpmOptions): Promise<PhpFpm> {
  const program = requireProgram(["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"], "php-fpm");
  const socket = join(folder, `${name}.sock`);
  const listen = options.port === undefined ? socket : `127.0.0.1:${options.port}`;
  const ready: NetConnectOpts =
    options.port === undefined ? { path: socket } : { port: options.port, host: "127.0.0.1" };
  const configuration = join(folder, `${name}.conf`);
  const statusSocket = join(folder, `${name}-status.sock`);
  const user = process.getuid?.() === 0 ? ["user = www-data", "group = www-data"] : [];
  const lines = [
    "[global]",
    `error_log = ${join(folder, `${name}.log`)}`,
    "[www]",
    ...user,
    `listen = ${listen}`,
    ...(options.port === undefined ? ["listen.mode = 0666"] : []),
    "listen.backlog = 511",
    "pm = static",
    `pm.max_children = ${options.children}`,
    // With it a worker writes to its master after each request, and the master wakes.
    ...(options.bare === true ? [] : ["catch_workers_output = yes"]),
    ...(options.status === true ? ["pm.status_path = /status", `pm.status_listen = ${statusSocket}`] : []),
    ...(options.settings ?? []),
  ];
  writeFileSync(configuration, `${lines.join("\n")}\n`);
  const running = await startProgram(
    program,
    [...(options.bare === true ? BARE : []), "-F", "-y", configuration],
    ready,
  );
  if (options.status === true) {
    // It listens on one after the other.
    const { output } = running;
    await until("its status page is there", () => accepts({ path: statusSocket }), Boolean, { output });
  }
  const address = options.port === undefined ? `unix:${socket}` : `tcp://127.0.0.1:${options.port}`;
  const statusAddress = `unix:${statusSocket}`;
  return { ...running, address, statusAddress, status: () => status(statusAddress) };
}

async function status(address: string): Promise<PhpFpmStatus> {
  const params = { SCRIPT_NAME: "/status", SCRIPT_FILENAME: "/status", REQUEST_METHOD: "GET", QUERY_STRING: "json" };
  const { body } = await request(address, { params });
  return JSON.parse(await body.text()) as PhpFpmStatus;
}

/** Starts php-cgi as a FastCGI server on a socket. */
export function startPhpCgi(socket: string): Promise<Program> {
  const program = requireProgram(["php-cgi8.2", "php-cgi8.3", "php-cgi8.4", "php-cgi"], "php-cgi");
  return startProgram(program, ["-b", socket], { path: socket });
}
