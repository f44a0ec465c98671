import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { workerChannel } from "../diagnostics.ts";
import type { WorkerMessage } from "../diagnostics.ts";
import type { ListenOptions } from "../listen.ts";
import type { SocketHandle } from "../socket-handle.ts";
import { wholeNumber } from "../whole-number.ts";
import { bindListenSocket } from "./listen-socket.ts";
import type { ListenSocket } from "./listen-socket.ts";
import { WORKER_SOCKET } from "./messages.ts";
import type { WorkerTask } from "./messages.ts";
import { WorkerProcess } from "./worker-process.ts";
import type { WorkerOwner } from "./worker-process.ts";

/** An application in several processes on one socket. Times in ms, sizes in bytes. */
export interface SupervisorOptions extends Omit<ListenOptions, "allowedPeers" | "backlog"> {
  /** The application's module, a path or a `file:` URL: its default export, or exports named `fetch`, `handler`, `authorize`, `filter`. */
  module: string | URL;
  /** Processes. @default 1 */
  workers?: number;
  /** After about so many requests a worker is replaced; 0: never. @default 0 */
  maxRequests?: number;
  /** A worker that uses more memory (RSS) is replaced; 0: no limit. @default 0 */
  maxMemory?: number;
  /** A worker whose event loop is later than this, on average over three seconds, is replaced; 0: no limit. @default 0 */
  maxLag?: number;
  /** How long a worker that leaves may take for its running requests before they are cut; 0: no limit. @default 30000 */
  grace?: number;
  /** As in `serve`. @default "keep" */
  mount?: "keep" | "strip";
  /** `json`: the workers write a line of JSON to stdout for each request and each error. @default nothing is written */
  log?: "json";
}

/** The workers of one application. */
export interface Supervisor extends AsyncDisposable {
  /** Resolves with the address once all workers serve; rejects when one cannot. */
  readonly ready: Promise<string>;
  /** The process ids of the workers. */
  readonly workers: readonly number[];
  /** Replaces all workers, one after the other, without a lost request. Rejects, and keeps the old ones, when a new one cannot start. */
  reload(): Promise<void>;
  /** Lets the workers finish, and resolves when they have ended. */
  close(): Promise<void>;
  /** Ends the workers at once. */
  destroy(): Promise<void>;
}

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
/** A worker that has lived so long has not failed by its nature: it is started again at once. */
const LONG_LIFE = 10_000;

/**
 * Runs an application in worker processes that share one socket, and sees to it that there are as many as are wanted: one that
 * ends is started again, with a growing delay (1–30 s) when it does so again and again; one that is worn is replaced before it goes.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function supervise(options: SupervisorOptions): Supervisor {
  return new WorkerSupervisor(options);
}

class WorkerSupervisor implements Supervisor, WorkerOwner {
  readonly ready: Promise<string>;
  readonly #options: SupervisorOptions;
  readonly #count: number;
  readonly #task: Omit<WorkerTask, "listen">;
  #socket: ListenSocket | undefined;
  #workers: WorkerProcess[] = [];
  /** Those that finish their last requests. */
  #leaving: WorkerProcess[] = [];
  #closed = false;
  #turn = 0;
  #delay = 0;
  #timers: NodeJS.Timeout[] = [];
  #change: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#count = wholeNumber(1, "workers", options.workers ?? 1);
    const { module } = options;
    this.#task = {
      module:
        module instanceof URL || module.startsWith("file:") ? String(module) : pathToFileURL(resolve(module)).href,
      maxRequests: wholeNumber(0, "maxRequests", options.maxRequests ?? 0),
      maxMemory: wholeNumber(0, "maxMemory", options.maxMemory ?? 0),
      maxLag: wholeNumber(0, "maxLag", options.maxLag ?? 0),
      grace: wholeNumber(0, "grace", options.grace ?? 30_000),
      mount: options.mount ?? "keep",
      log: options.log,
    };
    this.ready = this.#start();
    this.ready.catch(() => {});
  }

  get workers(): readonly number[] {
    return this.#workers.map((worker) => worker.pid);
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      for (const old of [...this.#workers]) await this.#replace(old, "reload");
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    const all = [...this.#workers, ...this.#leaving];
    for (const worker of all) worker.retire(false);
    await Promise.all(all.map((worker) => worker.exited));
    this.#socket?.close();
    this.#socket = undefined;
  }

  async destroy(): Promise<void> {
    this.#closed = true;
    for (const worker of [...this.#workers, ...this.#leaving]) worker.kill();
    await this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  onWorn(worker: WorkerProcess, reason: string): void {
    this.#inTurn(() => this.#replace(worker, reason)).catch((error: unknown) => {
      tell({ event: "fail", pid: worker.pid, reason: (error as Error).message });
    });
  }

  onConnection(handle: SocketHandle): void {
    const worker = this.#workers[this.#turn++ % this.#workers.length];
    if (worker === undefined) handle.close();
    else worker.adopt(handle);
  }

  async #start(): Promise<string> {
    this.#socket = await bindListenSocket(this.#options);
    try {
      await Promise.all(Array.from({ length: this.#count }, () => this.#add()));
    } catch (error) {
      await this.destroy();
      throw error;
    }
    return this.#socket.address;
  }

  /** Starts one worker more, and keeps it running once it has served. */
  async #add(): Promise<void> {
    const { fd, protocol } = this.#socket!;
    const task: WorkerTask = { ...this.#task, listen: `${protocol === "scgi" ? "scgi+" : ""}fd:${WORKER_SOCKET}` };
    const worker = new WorkerProcess(fd, task, this);
    this.#workers.push(worker);
    void worker.exited.then((end) => this.#onExit(worker, end));
    try {
      await worker.ready;
    } catch (error) {
      this.#workers = this.#workers.filter((one) => one !== worker);
      throw error;
    }
    tell({ event: "start", pid: worker.pid });
  }

  /** First the new one, then the old one goes: no request finds nobody. */
  async #replace(old: WorkerProcess, reason: string): Promise<void> {
    if (this.#closed || !this.#workers.includes(old)) return;
    await this.#add();
    this.#workers = this.#workers.filter((one) => one !== old);
    this.#leaving.push(old);
    tell({ event: "retire", pid: old.pid, reason });
    old.retire(true);
  }

  #onExit(worker: WorkerProcess, end: number | string): void {
    this.#leaving = this.#leaving.filter((one) => one !== worker);
    tell({ event: "exit", pid: worker.pid, reason: String(end) });
    if (this.#closed || worker.leaving || !this.#workers.includes(worker)) return;
    this.#workers = this.#workers.filter((one) => one !== worker);
    const lived = performance.now() - worker.startedAt;
    this.#delay = lived >= LONG_LIFE ? 0 : Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, this.#delay * 2));
    this.#addAgain(lived >= LONG_LIFE ? 0 : this.#delay);
  }

  #addAgain(delay: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers = this.#timers.filter((one) => one !== timer);
      this.#inTurn(() => (this.#closed || this.#workers.length >= this.#count ? Promise.resolve() : this.#add())).catch(
        (error: unknown) => {
          tell({ event: "fail", pid: 0, reason: (error as Error).message });
          this.#delay = Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, this.#delay * 2));
          this.#addAgain(this.#delay);
        },
      );
    }, delay);
    this.#timers.push(timer);
  }

  /** One change of the workers at a time. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const result = this.#change.then(change);
    this.#change = result.catch(() => {});
    return result;
  }
}

function tell(message: WorkerMessage): void {
  if (workerChannel.hasSubscribers) workerChannel.publish(message);
}
