import { spawn } from "node:child_process";
import type { ChildProcess, SendHandle } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { FastCGIError } from "@x/protocol/errors";

import type { SocketHandle } from "../socket-handle.ts";
import { WORKER_VARIABLE } from "./messages.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./messages.ts";

/** This file's folder has the program, in `src` as TypeScript. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./workers/worker.js", import.meta.url),
);

/** Whom a worker tells. */
export interface WorkerOwner {
  /** It has served its time. */
  onWorn(worker: WorkerProcess, reason: string): void;
  /** It hands a connection over. */
  onConnection(handle: SocketHandle): void;
}

type Refusal = Pick<Extract<FromWorker, { type: "refused" }>, "message" | "mistake" | "stack">;

/** A worker, from the outside. */
export class WorkerProcess {
  /** Resolves when it serves; rejects when it cannot, with what it said. */
  readonly ready: Promise<void>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly startedAt: number = performance.now();
  /** It has been told to go, or asked for it. */
  leaving = false;
  readonly #child: ChildProcess;

  constructor(fd: number, task: WorkerTask, owner: WorkerOwner) {
    this.#child = spawn(process.execPath, [...process.execArgv, PROGRAM], {
      stdio: ["ignore", "inherit", "inherit", "ipc", fd], // the last is WORKER_SOCKET
      env: { ...process.env, [WORKER_VARIABLE]: JSON.stringify(task) },
    });
    this.exited = once(this.#child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
    this.ready = new Promise((resolve, reject) => {
      this.#child.on("message", (message: FromWorker, handle: unknown) => {
        if (message.type === "ready") resolve();
        else if (message.type === "connection") owner.onConnection(handle as SocketHandle);
        else if (message.type === "refused") reject(refusal(message));
        else owner.onWorn(this, message.reason);
      });
      void this.exited.then((end) =>
        reject(refusal({ message: `The process ended at once, with ${String(end)}.`, mistake: false })),
      );
    });
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets it finish what it has, and hand its connections over if there are successors; it then ends by itself. */
  retire(successors: boolean): void {
    this.leaving = true;
    if (this.#child.connected) this.#child.send({ type: "retire", successors } satisfies ToWorker, () => {});
  }

  /** Has it serve a connection. */
  adopt(handle: SocketHandle): void {
    const message: ToWorker = { type: "connection" };
    if (this.#child.connected) this.#child.send(message, handle as unknown as SendHandle, () => handle.close());
    else handle.close();
  }

  /** Ends it at once. */
  kill(): void {
    this.leaving = true;
    this.#child.kill("SIGKILL");
  }
}

function refusal({ message, mistake, stack }: Refusal): FastCGIError {
  const cause = stack === undefined ? undefined : Object.assign(new Error(message), { stack });
  if (mistake) return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "configure", cause });
  return new FastCGIError("FCGI_ERR_PROCESS_EXIT", `A worker cannot start: ${message}`, { cause });
}
