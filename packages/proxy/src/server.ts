import { FastCGIError } from "@x/protocol/errors";

import { type AdminCommand, runAdminCommand } from "./admin/admin-command.ts";
import type { ProxyStatus, WorkerStatus } from "./admin/status.ts";
import type { ProxyConfig } from "./config/define-config.ts";
import { expandConfig, isResolvedConfig } from "./config/expand.ts";
import type { ResolvedConfig } from "./config/resolved-config.ts";
import type { ResolvedUpstream } from "./config/upstream-config.ts";
import { loadHandlers } from "./embedded/load-handler.ts";
import type { Gateway } from "./gateway.ts";
import type { ProcessStatus } from "./processes/managed-process.ts";
import { ProcessManager } from "./processes/process-manager.ts";
import type { ProcessManagerOptions } from "./processes/process-manager.ts";
import { requireRoots } from "./require-roots.ts";
import type { ListenAddress } from "./supervisor/listen-address.ts";
import { prepareForWorker } from "./supervisor/prepare-for-worker.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { WorkerProcess } from "./supervisor/worker-process.ts";
import type { WorkerProcessOptions } from "./supervisor/worker-process.ts";
import { version } from "./version.ts";
import { requireOpenFiles } from "./worker/open-files.ts";
import { probeUpstreams } from "./worker/probe-upstreams.ts";
import { Worker } from "./worker/worker.ts";

/** What a {@link ProxyServer} is doing, in numbers. */
export interface ProxyServerStats {
  /** Open connections of clients. */
  readonly connections: number;
  /** Requests that are being answered. */
  readonly requests: number;
  /** Connections of clients that were closed as they came: `limits.connections`, `limits.connectionsPerAddress`. */
  readonly refused: number;
  /** The application processes that it runs, in the order of the configuration. */
  readonly processes: readonly ProcessStatus[];
}

/** What belongs to the place where the server runs, not to its configuration. */
export interface ProxyServerOptions {
  /** For the application processes. */
  readonly processes?: ProcessManagerOptions;
  /** Run the worker in a process of its own, as `x-proxy` does when root starts it. @internal @default in this process */
  readonly workerProcess?: WorkerProcessOptions | undefined;
}

/**
 * The whole server: listening sockets and application processes on one side (the supervisor), the gateway and HTTP on the
 * other (the worker). Both live in this process, unless root started `x-proxy`.
 *
 * It installs no signal handlers and writes no log: both are the program's (see `@x/proxy/cli`).
 */
export class ProxyServer {
  /** The configuration in its long form. */
  readonly config: ResolvedConfig;
  readonly #supervisor: Supervisor;
  readonly #workerProcess: WorkerProcessOptions | undefined;
  #worker: Worker | WorkerProcess | undefined;
  #listening: Promise<readonly ListenAddress[]> | undefined;
  #opened: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #ended = false;
  readonly #startedAt = Date.now();
  readonly #started: Promise<void>;
  #markStarted: () => void = () => undefined;

  constructor(config: ResolvedConfig, options: ProxyServerOptions = {}) {
    this.config = config;
    this.#workerProcess = options.workerProcess;
    const client = options.workerProcess?.account;
    this.#supervisor = new Supervisor(config.listen, new ProcessManager(config, { ...options.processes, client }));
    this.#started = new Promise((resolve) => (this.#markStarted = resolve));
  }

  /** Undefined before `listen()`: only then the addresses of our own applications are known. And when the worker has its own process. */
  get gateway(): Gateway | undefined {
    return this.#worker?.gateway;
  }

  /** The application processes, in the order of the configuration. */
  get processes(): readonly ProcessStatus[] {
    return this.#supervisor.processes.list();
  }

  /** The upstreams as they are used: with the addresses of our own applications, from `listen()` on. */
  get upstreams(): ReadonlyMap<string, ResolvedUpstream> {
    return this.#supervisor.processes.upstreams;
  }

  /** Where it listens; empty before `listen()` and after `close()`. */
  get addresses(): readonly ListenAddress[] {
    return this.#supervisor.addresses;
  }

  /** What it is doing now: a snapshot, made anew at each call. */
  get stats(): ProxyServerStats {
    return {
      connections: this.#worker?.connections ?? 0,
      requests: this.#worker?.requests ?? 0,
      refused: this.#worker?.refused ?? 0,
      processes: this.processes,
    };
  }

  /** All of what it is doing, with the upstreams: what `x-proxy status` shows. */
  async status(): Promise<ProxyStatus> {
    const worker = this.#worker;
    const none: WorkerStatus = { connections: 0, active: 0, requests: 0, upstreams: [] };
    // A worker that has just died: the next one starts.
    const asked = await this.#administer({ do: "status" }).catch(() => undefined);
    return {
      version: version(),
      pid: process.pid,
      workerPid: worker instanceof WorkerProcess ? worker.pid : process.pid,
      startedAt: this.#startedAt,
      addresses: this.addresses.map(({ url, text }) => url ?? text),
      ...(asked ?? none),
      processes: this.processes,
    };
  }

  /**
   * Gives an address of an upstream no more requests, and resolves when those that it has have ended. It stays out, until
   * {@link ProxyServer.restore}; one that is drained already is no error.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an upstream or an address that there is not, or the last address of an upstream
   */
  async drain(upstream: string, address: string): Promise<void> {
    await this.#administer({ do: "drain", upstream, address });
  }

  /**
   * Gives requests again to an address that was drained: slowly, with a share that grows for the time of `health.slowStart`.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an upstream or an address that there is not, or is not drained
   */
  async restore(upstream: string, address: string): Promise<void> {
    await this.#administer({ do: "restore", upstream, address });
  }

  async #administer(command: AdminCommand): Promise<WorkerStatus | undefined> {
    const worker = this.#worker;
    if (worker instanceof WorkerProcess) return worker.ask(command);
    if (worker !== undefined) return runAdminCommand(worker, command);
    throw new FastCGIError("FCGI_ERR_CLOSED", "The server does not listen yet.");
  }

  /** What works, but should be looked at in the certificates; empty before `listen()`. */
  get certificateWarnings(): readonly string[] {
    return this.#worker?.certificateWarnings ?? [];
  }

  /**
   * Reads the files of all certificates again, as it does by itself when they change. Connections go on; new ones get what was read. What
   * is wrong with a file leaves the certificates as they were. Both are published on `fastcgi:proxy:certificates`.
   *
   * @returns false when the configuration has none
   */
  reloadCertificates(): boolean {
    return this.#worker?.reloadCertificates() ?? false;
  }

  /**
   * Accepts no more, and says what still runs: from now on answers say `Connection: close`. {@link ProxyServer.close} does this too.
   */
  async stopAccepting(): Promise<ProxyServerStats> {
    await this.#supervisor.stopAccepting();
    if (this.#worker instanceof WorkerProcess) await this.#worker.stopAccepting();
    else this.#worker?.endConnections();
    return this.stats;
  }

  /** Opens the access log's file anew, when the worker has a process of its own. @internal */
  reopenLog(): void {
    if (this.#worker instanceof WorkerProcess) this.#worker.reopenLog();
  }

  /**
   * Opens the listening sockets and starts the application processes. A backend that is absent or does not start is no error:
   * its requests get 502 until it comes.
   *
   * @returns where it listens, when every application process listens or has failed once
   * @throws `FCGI_ERR_CONFIG` for what the user must set right, before anything is started
   * @throws `FCGI_ERR_LISTEN` when a listening socket cannot be opened; then nothing is left behind
   * @throws `FCGI_ERR_CLOSED` when it was closed meanwhile
   */
  listen(): Promise<readonly ListenAddress[]> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /**
   * Accepts no more, lets running requests finish (at most `shutdown.grace`), then ends the application processes and removes
   * what was made for them.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Cuts connections and processes at once. Also hastens a `close()` that is under way. */
  async destroy(): Promise<void> {
    this.#ended = true;
    this.#markStarted();
    await this.#opened.catch(() => undefined);
    await this.#supervisor.stopAccepting();
    await this.#worker?.destroy();
    await this.#supervisor.processes.stop(true);
    await this.#closing;
  }

  /** As {@link ProxyServer.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(): Promise<readonly ListenAddress[]> {
    const { processes } = this.#supervisor;
    this.#opened = this.#open();
    await this.#opened;
    await processes.start();
    this.#markStarted();
    if (this.#ended) throw closed();
    return this.addresses;
  }

  /** Everything that can fail, so that a failure leaves nothing behind. */
  async #open(): Promise<void> {
    const { processes } = this.#supervisor;
    try {
      if (this.#ended) throw closed();
      requireRoots(this.config);
      requireOpenFiles(this.config.limits.connections);
      if (this.#workerProcess === undefined) await this.#openHere();
      else await this.#openApart(this.#workerProcess);
      if (this.#ended) throw closed();
    } catch (error) {
      await this.#supervisor.stopAccepting();
      await this.#worker?.destroy();
      await processes.stop(true);
      throw error;
    }
  }

  async #openHere(): Promise<void> {
    const { processes } = this.#supervisor;
    await loadHandlers(this.config);
    await processes.prepare();
    const { upstreams } = processes;
    const worker = new Worker({ ...this.config, upstreams }, this.#started);
    this.#worker = worker;
    await this.#supervisor.open((socket, index) => worker.accept(socket, index));
    void probeUpstreams(upstreams.values(), this.#managed());
  }

  async #openApart(options: WorkerProcessOptions): Promise<void> {
    const { processes } = this.#supervisor;
    prepareForWorker(this.config, options.account);
    await processes.prepare();
    const config = { ...this.config, upstreams: processes.upstreams };
    const sockets = await this.#supervisor.bind();
    const worker = new WorkerProcess(config, sockets, this.#started, [...this.#managed()], options);
    this.#worker = worker;
    await worker.start();
  }

  async #close(): Promise<void> {
    this.#ended = true;
    this.#markStarted();
    await this.#opened.catch(() => undefined);
    await this.#supervisor.stopAccepting();
    await this.#worker?.close();
    await this.#supervisor.processes.stop();
  }

  #managed(): ReadonlySet<string> {
    return new Set(this.processes.map((process) => process.address));
  }
}

function closed(): FastCGIError {
  return new FastCGIError("FCGI_ERR_CLOSED", "the server was closed before it had started.", { phase: "listen" });
}

/**
 * Makes a server of a configuration; `listen()` starts it.
 *
 * @throws `FCGI_ERR_CONFIG` for a wrong configuration
 * @example
 * const server = createProxyServer({ root: "./public", upstreams: { php: { addresses: ["unix:/run/php.sock"] } }, routes: [{ php: "php" }] });
 * const [address] = await server.listen();
 * console.log(`serving on ${address?.url}`);
 */
export function createProxyServer(config: ProxyConfig | ResolvedConfig, options?: ProxyServerOptions): ProxyServer {
  return new ProxyServer(isResolvedConfig(config) ? config : expandConfig(config), options);
}
