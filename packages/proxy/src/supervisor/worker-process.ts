import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { FastCGIError } from "@x/protocol/errors";

import type { AdminCommand } from "../admin/admin-command.ts";
import type { WorkerStatus } from "../admin/status.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Account } from "../processes/account.ts";
import { RestartPolicy } from "../processes/restart-policy.ts";
import type { RestartPolicyOptions } from "../processes/restart-policy.ts";
import { INTERVAL } from "../tls/certificates.ts";
import { type SentTlsFiles, filesToSend, tlsFilesOf } from "../tls/sent-files.ts";
import { localFiles } from "../tls/tls-files.ts";
import type { BoundSocket } from "./bound-socket.ts";
import { withoutFunctions } from "./function-places.ts";
import { giveLog } from "./give-log.ts";
import { publishWorkerEvent } from "./worker-events.ts";
import { receivedError } from "./worker-messages.ts";
import type { FromWorker, ToWorker, WorkerCounts } from "./worker-messages.ts";
import { WorkerQuestions } from "./worker-questions.ts";

/** What belongs to how the program was started. */
export interface WorkerProcessOptions {
  /** Whom the worker becomes. */
  readonly account: Account;
  /** The configuration's file: functions in it cannot be sent, and are read there again. */
  readonly file: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly policy?: RestartPolicyOptions;
}

/** Milliseconds beyond `shutdown.grace` after which a worker that does not end is ended. */
const PATIENCE = 5_000;
/** Milliseconds that a worker has to say so. */
const ANSWERING = 1_000;

/**
 * The worker in a process of its own, which gives up root's rights. It inherits the listening sockets, which stay open when it dies:
 * clients wait in the kernel until the next one is there.
 */
export class WorkerProcess {
  /** The gateway is in the other process. */
  readonly gateway: undefined;
  /** It logs them itself. */
  readonly certificateWarnings: readonly string[] = [];
  connections = 0;
  requests = 0;
  refused = 0;
  readonly #config: ResolvedConfig;
  readonly #sockets: readonly BoundSocket[];
  readonly #managed: readonly string[];
  readonly #options: WorkerProcessOptions;
  readonly #policy: RestartPolicy;
  #child: ChildProcess | undefined;
  #servingSince: number | undefined;
  #everServed = false;
  #started = false;
  #closing = false;
  #timer: NodeJS.Timeout | undefined;
  /** Looks at certificates and keys, which the worker may not read. */
  readonly #watch: NodeJS.Timeout | undefined;
  /** Of those that were sent last. */
  #tlsStamp = "";
  #onCounts: (() => void) | undefined;
  #onEnd: (() => void) | undefined;
  readonly #questions = new WorkerQuestions((question) => this.#tell(question));

  /**
   * @param started the applications were started: requests may go to them
   * @param managed addresses of our own applications
   */
  constructor(
    config: ResolvedConfig,
    sockets: readonly BoundSocket[],
    started: Promise<void>,
    managed: readonly string[],
    options: WorkerProcessOptions,
  ) {
    this.#config = config;
    this.#sockets = sockets;
    this.#managed = managed;
    this.#options = options;
    this.#policy = new RestartPolicy(options.policy);
    if (tlsFilesOf(config.listen).length > 0) this.#watch = setInterval(() => this.#sendIfChanged(), INTERVAL).unref();
    void started.then(() => {
      this.#started = true;
      this.#tell({ type: "started" });
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the first one.
   *
   * @throws what kept it from serving: a user's mistake, or a socket on which it could not listen
   */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#spawn(resolve, reject));
  }

  /** Lets it accept no more. Resolves when that is so, and known how much runs. */
  async stopAccepting(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ANSWERING);
      this.#onCounts = () => {
        clearTimeout(timer);
        resolve();
      };
      if (!this.#tell({ type: "stop" })) this.#onCounts();
    });
  }

  /** Asks the worker; see {@link WorkerQuestions.ask}. */
  ask(command: AdminCommand): Promise<WorkerStatus | undefined> {
    return this.#questions.ask(command);
  }

  /**
   * Opens the access log's file anew, for the worker, which may not be able to make it.
   *
   * @throws `FCGI_ERR_CONFIG` when that cannot be opened
   */
  reopenLog(): void {
    const { access } = this.#config.log;
    if (access?.file === undefined) return;
    closeSync(giveLog(access.file, this.#options.account));
    this.#tell({ type: "reopen" });
  }

  /**
   * Reads certificates and keys again, and lets the worker use them.
   *
   * @returns are there any?
   */
  reloadCertificates(): boolean {
    if (this.#watch === undefined) return false;
    this.#tell({ type: "tls-files", files: this.#readTlsFiles(), atOnce: true });
    return true;
  }

  /** Lets running requests finish, at most `shutdown.grace` milliseconds, then ends it. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#child?.kill("SIGKILL"), this.#config.shutdown.grace + PATIENCE);
    this.#tell({ type: "close" });
    await this.#ended();
    clearTimeout(timer);
  }

  /** Ends it at once. */
  async destroy(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
    await this.#ended();
  }

  async #ended(): Promise<void> {
    if (this.#child === undefined) return;
    const before = this.#onEnd;
    await new Promise<void>((resolve) => {
      this.#onEnd = () => {
        before?.();
        resolve();
      };
    });
  }

  #spawn(onServing: () => void, onFailure: (error: Error) => void): void {
    const { account, file, json, verbose } = this.#options;
    const { access } = this.#config.log;
    const log = access?.file === undefined ? undefined : giveLog(access.file, account);
    const inherited = this.#sockets.map((socket) => socket.fd);
    const first = 4;
    const child = spawn(process.execPath, [...process.execArgv, program()], {
      stdio: ["ignore", "inherit", "inherit", "ipc", ...inherited, ...(log === undefined ? [] : [log])],
      serialization: "advanced",
      // Its file operations would go on as root in a ring of the kernel that was made before the change of user (CVE-2024-22017).
      env: { ...process.env, UV_USE_IO_URING: "0" },
    });
    if (log !== undefined) closeSync(log);
    this.#child = child;
    this.#servingSince = undefined;
    let failed: Error | undefined;
    const { value: config, found } = withoutFunctions(this.#config);
    child.on("message", (message: FromWorker) => {
      if (message.type === "listening") {
        this.#everServed = true;
        this.#servingSince = performance.now();
        if (this.#started) this.#tell({ type: "started" });
        this.#questions.repeat();
        onServing();
      } else if (message.type === "failed") failed = receivedError(message.error);
      else if (message.type === "counts") this.#count(message);
      else if (message.type === "admin") this.#questions.answer(message);
    });
    child.once("error", (error) => (failed = error));
    // Not "exit": what it said last comes before this.
    child.once("close", (code, signal) => {
      this.#child = undefined;
      this.#count({ connections: 0, requests: 0, refused: this.refused });
      this.#questions.end();
      this.#onEnd?.();
      const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      if (!this.#everServed) onFailure(failed ?? unserved(how));
      else if (!this.#closing) this.#again(failed?.message.replace(/\.$/, "") ?? how);
    });
    this.#tell({
      ...{ type: "serve", account, config, file: found ? file : undefined, managed: this.#managed, json, verbose },
      tlsFiles: this.#readTlsFiles(),
      sockets: inherited.map((_fd, index) => first + index),
      accessLog: log === undefined ? undefined : first + inherited.length,
    });
  }

  #again(reason: string): void {
    const served = this.#servingSince === undefined ? 0 : performance.now() - this.#servingSince;
    const { delay, failures } = this.#policy.ended(served);
    publishWorkerEvent({ type: "exit", reason, delay, failures });
    this.#timer = setTimeout(() => this.#spawnAgain(), delay);
  }

  #spawnAgain(): void {
    try {
      this.#spawn(
        () => publishWorkerEvent({ type: "back", pid: this.pid ?? 0 }),
        () => undefined,
      );
    } catch (error) {
      // The access log's folder may be gone.
      this.#again(error instanceof Error ? error.message : String(error));
    }
  }

  #readTlsFiles(): SentTlsFiles {
    const files = filesToSend(this.#config.listen, localFiles);
    this.#tlsStamp = stampOf(files);
    return files;
  }

  /** Until they stay as they were sent: the worker waits for that before it uses them. */
  #sendIfChanged(): void {
    const before = this.#tlsStamp;
    const files = this.#readTlsFiles();
    if (this.#tlsStamp !== before) this.#tell({ type: "tls-files", files, atOnce: false });
  }

  #count({ connections, requests, refused }: WorkerCounts): void {
    this.connections = connections;
    this.requests = requests;
    this.refused = refused;
    this.#onCounts?.();
  }

  /** @returns false: there is nobody to tell */
  #tell(message: ToWorker): boolean {
    if (this.#child?.connected !== true) return false;
    // It may be dying: that shows by itself.
    this.#child.send(message, () => undefined);
    return true;
  }
}

function unserved(how: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", `the process that answers requests ${how} before it served.`, {
    phase: "listen",
  });
}

function stampOf(files: SentTlsFiles): string {
  return [...files.values()].map(({ stamp }) => stamp).join(" ");
}

function program(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@x/proxy/package.json"))), "bin/x-proxy-worker.cjs");
}
