import { FastCGIError, isFastCGIError } from "@x/protocol/errors";

import type { AdminCommand } from "../admin/admin-command.ts";
import type { WorkerStatus } from "../admin/status.ts";
import { receivedError } from "./worker-messages.ts";
import type { AdminAnswer, AdminQuestion } from "./worker-messages.ts";

type AddressCommand = Exclude<AdminCommand, { readonly do: "status" }>;

interface Waiting {
  resolve(status: WorkerStatus | undefined): void;
  reject(error: Error): void;
}

/** What a worker in a process of its own was asked, and has not answered yet. */
export class WorkerQuestions {
  readonly #ask: (question: AdminQuestion) => boolean;
  readonly #waiting = new Map<number, Waiting>();
  /** The next worker must not give these addresses requests, either. */
  readonly #drained: AddressCommand[] = [];
  #last = 0;

  /** @param ask returns false when there is no worker */
  constructor(ask: (question: AdminQuestion) => boolean) {
    this.#ask = ask;
  }

  /** @throws what the worker's gateway throws, or `FCGI_ERR_CLOSED` when it ends before it has answered */
  ask(command: AdminCommand): Promise<WorkerStatus | undefined> {
    if (command.do === "drain") this.#remember(command);
    const asked = new Promise<WorkerStatus | undefined>((resolve, reject) => {
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      if (!this.#ask({ type: "admin", id, command })) this.#take(id)?.reject(absent());
    });
    return asked.then(
      (status) => {
        if (command.do === "restore") this.#forget(command);
        return status;
      },
      (error: unknown) => {
        // Refused: there is no such address, or it is the last one.
        if (command.do === "drain" && !isFastCGIError(error, "FCGI_ERR_CLOSED")) this.#forget(command);
        throw error;
      },
    );
  }

  answer({ id, status, error }: AdminAnswer): void {
    const waiting = this.#take(id);
    if (error === undefined) waiting?.resolve(status);
    else waiting?.reject(receivedError(error));
  }

  /** The worker has ended. */
  end(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(absent());
  }

  /** Another worker serves. */
  repeat(): void {
    for (const command of [...this.#drained]) void this.ask(command).catch(() => undefined);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #remember(command: AddressCommand): void {
    this.#forget(command);
    this.#drained.push(command);
  }

  #forget({ upstream, address }: AddressCommand): void {
    const at = this.#drained.findIndex((it) => it.upstream === upstream && it.address === address);
    if (at >= 0) this.#drained.splice(at, 1);
  }
}

function absent(): FastCGIError {
  return new FastCGIError("FCGI_ERR_CLOSED", "The worker has ended, and the next one starts: ask again.");
}
