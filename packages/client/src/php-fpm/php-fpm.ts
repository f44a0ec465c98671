import { parseAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import type { Dispatcher } from "../dispatcher.ts";
import { ask, withAddress } from "./ask.ts";
import type { RunningResponse } from "./ask.ts";
import { readApcu, readOpcache, readRealpath } from "./caches.ts";
import type { ApcuStatus, OpcacheStatus, RealpathStatus } from "./caches.ts";
import { refusal } from "./refusal.ts";
import type { Asked } from "./refusal.ts";
import { parseStatus } from "./status.ts";
import type { PhpFpmStatus } from "./status.ts";
import { runTask } from "./task.ts";
import type { Task } from "./task.ts";

/** Where a PHP-FPM has its pages, and where it finds scripts. */
export interface PhpFpmOptions {
  /** `pm.status_path` of the pool. @default "/status" */
  statusPath?: string | undefined;
  /** `ping.path` of the pool. @default "/ping" */
  pingPath?: string | undefined;
  /**
   * Where the small script goes that asks about caches: a folder that we may write to and PHP's user may enter.
   *
   * @default the folder for temporary files
   */
  scriptFolder?: string | undefined;
  /** The same folder as PHP-FPM sees it, when it is in a chroot or a container. @default `scriptFolder` */
  scriptFolderInside?: string | undefined;
  /** One that `security.limit_extensions` of the pool allows. @default ".php" */
  scriptExtension?: string | undefined;
}

/** Options of one question. */
export interface PhpFpmRequestOptions {
  /** ms for a connection, and of silence. @default 5000 */
  timeout?: number | undefined;
  /** Ends the request. */
  signal?: AbortSignal | undefined;
}

/** The answer to a ping. */
export interface PhpFpmPong {
  /** `ping.response` of the pool, "pong" unless it is set. */
  text: string;
  /** From the question to the whole answer, ms. */
  milliseconds: number;
}

/** The forms of the status page; openmetrics since PHP 8.1. */
export type PhpFpmStatusFormat = "text" | "json" | "xml" | "html" | "openmetrics";

/**
 * Asks a PHP-FPM about itself, and empties its caches.
 *
 * Every question takes a worker as any other request does: when all are busy it waits, unless the pool has a
 * `pm.status_listen` of its own, whose address then is the one to give.
 *
 * @example
 * const fpm = new PhpFpm("unix:/run/php/php-fpm.sock");
 * console.log((await fpm.status()).activeProcesses);
 */
export class PhpFpm {
  readonly #target: Dispatcher | string;
  readonly #options: PhpFpmOptions;

  /**
   * @param target an address, for a connection a question, or a `Pool` that stays the caller's
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`
   */
  constructor(target: Dispatcher | string, options: PhpFpmOptions = {}) {
    const address = typeof target === "string" ? target : (target as { address?: string }).address;
    // PHP-FPM speaks no SCGI; what other dispatchers say of themselves need be no address.
    if (typeof target === "string" || address?.startsWith("scgi+") === true) parseAddress(address ?? "");
    for (const path of [options.statusPath, options.pingPath]) {
      if (path !== undefined && !path.startsWith("/"))
        throw invalid(`${JSON.stringify(path)} is no path such as /status.`);
    }
    if (!/^\.[0-9A-Za-z]+$/.test(options.scriptExtension ?? ".php")) {
      throw invalid('scriptExtension is an extension such as ".php".');
    }
    this.#target = target;
    this.#options = options;
  }

  /**
   * Is it there, and has it a worker for us?
   *
   * @throws FastCGIError `FCGI_ERR_SCRIPT_NOT_FOUND` or `FCGI_ERR_SCRIPT_DENIED` when it has no such page (`ping.path`), and every
   * code of a request
   */
  async ping(options: PhpFpmRequestOptions = {}): Promise<PhpFpmPong> {
    const began = performance.now();
    const { body } = await this.#page({ kind: "ping", path: this.#options.pingPath ?? "/ping" }, "", options);
    return { text: body, milliseconds: performance.now() - began };
  }

  /**
   * What the pool does, with `full: true` what each of its workers does.
   *
   * @throws FastCGIError `FCGI_ERR_SCRIPT_NOT_FOUND` or `FCGI_ERR_SCRIPT_DENIED` when it has no such page (`pm.status_path`),
   * `FCGI_ERR_BAD_ANSWER` when the page is something else, and every code of a request
   */
  async status(options: PhpFpmRequestOptions & { full?: boolean | undefined } = {}): Promise<PhpFpmStatus> {
    const page = await this.statusText("json", options);
    try {
      return parseStatus(page);
    } catch (error) {
      throw withAddress(error, this.#target);
    }
  }

  /** The status page as PHP-FPM writes it, in any of its forms; errors as {@link PhpFpm.status}. */
  async statusText(
    format: PhpFpmStatusFormat,
    options: PhpFpmRequestOptions & { full?: boolean | undefined } = {},
  ): Promise<string> {
    const asked: Asked = { kind: "status", path: this.#options.statusPath ?? "/status" };
    const query = [format === "text" ? "" : format, options.full === true ? "full" : ""].filter(Boolean).join("&");
    return (await this.#page(asked, query, options)).body;
  }

  /**
   * What OPcache holds.
   *
   * @param options `scripts: true` lists them all
   * @throws FastCGIError `FCGI_ERR_UNAVAILABLE` when OPcache is off, absent or restricted (`opcache.restrict_api`), and what
   * every task does: `FCGI_ERR_SCRIPT_NOT_FOUND`, `FCGI_ERR_SCRIPT_DENIED`, `FCGI_ERR_BAD_ANSWER`
   */
  async opcacheStatus(options: PhpFpmRequestOptions & { scripts?: boolean | undefined } = {}): Promise<OpcacheStatus> {
    return readOpcache(await this.#run({ name: "opcache-status", scripts: options.scripts ?? false }, options));
  }

  /** The directives of OPcache with their values, and its version; errors as {@link PhpFpm.opcacheStatus}. */
  async opcacheConfiguration(options: PhpFpmRequestOptions = {}): Promise<Record<string, unknown>> {
    return (await this.#run({ name: "opcache-configuration" }, options)) as Record<string, unknown>;
  }

  /**
   * Empties OPcache for all workers: after a deployment with `opcache.validate_timestamps = 0`. It happens as soon as no
   * request runs, and requests compile their scripts meanwhile; errors as {@link PhpFpm.opcacheStatus}.
   */
  async resetOpcache(options: PhpFpmRequestOptions = {}): Promise<void> {
    await this.#run({ name: "opcache-reset" }, options);
  }

  /**
   * Has OPcache look at files anew; `force`: even if their time has not changed. Paths are PHP's.
   *
   * @returns those that were cached; errors as {@link PhpFpm.opcacheStatus}
   */
  async invalidateOpcache(
    files: readonly string[],
    options: PhpFpmRequestOptions & { force?: boolean | undefined } = {},
  ): Promise<string[]> {
    const task: Task = { name: "opcache-invalidate", files, force: options.force ?? false };
    return (await this.#run(task, options)) as string[];
  }

  /**
   * Compiles files into OPcache before somebody asks for them. Paths are PHP's.
   *
   * @returns those that were compiled: one with an error in it is not; errors as {@link PhpFpm.opcacheStatus}
   */
  async compileOpcache(files: readonly string[], options: PhpFpmRequestOptions = {}): Promise<string[]> {
    return (await this.#run({ name: "opcache-compile", files }, options)) as string[];
  }

  /** What APCu holds. @throws FastCGIError `FCGI_ERR_UNAVAILABLE` when it is off or absent, and as every task */
  async apcuStatus(options: PhpFpmRequestOptions = {}): Promise<ApcuStatus> {
    return readApcu(await this.#run({ name: "apcu-status" }, options));
  }

  /** Empties APCu for all workers; errors as {@link PhpFpm.apcuStatus}. */
  async clearApcu(options: PhpFpmRequestOptions = {}): Promise<void> {
    await this.#run({ name: "apcu-clear" }, options);
  }

  /** The cache of resolved paths of the worker that answers: each has its own, and nobody can say which answers. */
  async realpathStatus(options: PhpFpmRequestOptions = {}): Promise<RealpathStatus> {
    return readRealpath(await this.#run({ name: "realpath-status" }, options));
  }

  /** Empties the cache of resolved paths of the worker that answers, of that one alone; reload PHP-FPM to empty all. */
  async clearRealpath(options: PhpFpmRequestOptions = {}): Promise<void> {
    await this.#run({ name: "realpath-clear" }, options);
  }

  async #page(asked: Asked, query: string, options: PhpFpmRequestOptions): Promise<RunningResponse> {
    const { path } = asked;
    const response = await ask(this.#target, { path, query, script: path, scriptFilename: path }, options);
    const error = refusal(response, asked);
    if (error !== undefined) throw withAddress(error, this.#target);
    return response;
  }

  async #run(task: Task, options: PhpFpmRequestOptions): Promise<unknown> {
    try {
      return await runTask(this.#target, task, { ...this.#options, ...options });
    } catch (error) {
      throw withAddress(error, this.#target);
    }
  }
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}
