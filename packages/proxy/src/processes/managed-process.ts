import { parseApplicationAddress } from "@x/protocol/address";

import { ApplicationChild } from "./application-child.ts";
import { publishProcessEvent } from "./process-events.ts";
import { identify } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { connectOnce } from "./reachable.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { freeSocketPath } from "./socket-file.ts";

/** What an application process is doing. `waiting`: it died, and is started again after a delay. */
export type ProcessState = "starting" | "running" | "waiting" | "stopping" | "stopped";

/** What is known about one application process. */
export interface ProcessStatus {
  /** Its name in the configuration. */
  readonly name: string;
  /** What sort of process it is, as in the configuration. */
  readonly kind: "command" | "php-fpm" | "php-cgi";
  /** What it is doing now. */
  readonly state: ProcessState;
  /** Where it listens. */
  readonly address: string;
  /** The user that it runs as; undefined: the one of this program. */
  readonly user: string | undefined;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
  /** When the running one was started, in milliseconds since 1970. */
  readonly startedAt: number | undefined;
  /** Why the one before it ended. */
  readonly lastExit: string | undefined;
}

/** Times of a {@link ManagedProcess} in milliseconds, and what it goes by. */
export interface ManagedProcessOptions {
  readonly plan: ProcessPlan;
  /** Called with the identity of each process that is started, and without when it ended. */
  readonly record: (name: string, identity: ProcessIdentity | undefined) => void;
  readonly policy?: RestartPolicy;
  /** To listen after the start; longer counts as a crash. @default what the plan says */
  readonly startTimeout?: number;
  /** From SIGTERM to SIGKILL. @default 5_000 */
  readonly stopGrace?: number;
}

/** Between two looks whether it listens, in milliseconds: at first, and at most. */
const LOOK_AGAIN = { first: 5, most: 100 } as const;

/** Keeps one application process running: starts it, waits until it listens, and starts it again when it ends. */
export class ManagedProcess {
  readonly #plan: ProcessPlan;
  readonly #record: ManagedProcessOptions["record"];
  readonly #policy: RestartPolicy;
  readonly #startTimeout: number;
  readonly #stopGrace: number;
  #state: ProcessState = "stopped";
  #child: ApplicationChild | undefined;
  #restarts = 0;
  #startedAt: number | undefined;
  #listeningSince: number | undefined;
  #lastExit: string | undefined;
  #inCrashLoop = false;
  #overdue = false;
  #timer: NodeJS.Timeout | undefined;
  #lookAgain: NodeJS.Timeout | undefined;
  #settled: (() => void) | undefined;

  constructor(options: ManagedProcessOptions) {
    this.#plan = options.plan;
    this.#record = options.record;
    this.#policy = options.policy ?? new RestartPolicy();
    this.#startTimeout = options.startTimeout ?? options.plan.startTimeout ?? 10_000;
    this.#stopGrace = options.stopGrace ?? 5_000;
  }

  get status(): ProcessStatus {
    const { name, kind, address, account } = this.#plan;
    const pid = this.#child?.running === true ? this.#child.pid : undefined;
    return {
      name,
      kind,
      state: this.#state,
      address,
      user: account?.name,
      pid,
      restarts: this.#restarts,
      startedAt: pid === undefined ? undefined : this.#startedAt,
      lastExit: this.#lastExit,
    };
  }

  /** Resolves when it listens, or when the first try has failed: then it is tried again in the background. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
      void this.#run();
    });
  }

  /**
   * Ends it for good, and removes the socket file that it may leave.
   *
   * @param cut SIGKILL at once; otherwise SIGTERM, then SIGKILL
   */
  async stop(cut: boolean): Promise<void> {
    this.#state = "stopping";
    clearTimeout(this.#timer);
    clearTimeout(this.#lookAgain);
    this.#settle();
    const child = this.#child;
    if (cut) child?.kill();
    await child?.stop(this.#stopGrace, () => {
      if (child.pid !== undefined) publishProcessEvent({ type: "kill", name: this.#plan.name, pid: child.pid });
    });
    await this.#freeAddress().catch(() => undefined);
    this.#state = "stopped";
  }

  #settle(): void {
    this.#settled?.();
    this.#settled = undefined;
  }

  /** Asks it to end, and does not wait: for a program that is about to leave. */
  terminate(): void {
    this.#state = "stopping";
    this.#child?.terminate();
  }

  async #run(): Promise<void> {
    this.#state = "starting";
    this.#listeningSince = undefined;
    this.#overdue = false;
    try {
      await this.#freeAddress();
      // It may have been stopped meanwhile.
      if (this.#state === "starting") this.#spawn();
    } catch (error) {
      this.#ended(`cannot be started: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** A process that was killed leaves its socket file, on which the next one could not listen. */
  async #freeAddress(): Promise<void> {
    const { address } = parseApplicationAddress(this.#plan.address);
    if (address.kind === "unix") await freeSocketPath(address.path);
  }

  #spawn(): void {
    const { name, address, launch, cwd, environment, terminate, groupMayConnect } = this.#plan;
    const child = new ApplicationChild({
      launch,
      cwd,
      environment,
      groupMayConnect,
      terminate,
      onLine: (stream, line) => publishProcessEvent({ type: "output", name, stream, line }),
      onExit: (reason) => this.#ended(reason),
    });
    this.#child = child;
    this.#startedAt = Date.now();
    if (child.pid === undefined) return;
    this.#record(name, identify(child.pid));
    publishProcessEvent({ type: "start", name, pid: child.pid, address });
    this.#timer = setTimeout(() => {
      this.#overdue = true;
      clearTimeout(this.#lookAgain);
      void child.stop(this.#stopGrace);
    }, this.#startTimeout);
    void this.#look(child, LOOK_AGAIN.first);
  }

  async #look(child: ApplicationChild, interval: number): Promise<void> {
    const error = await connectOnce(this.#plan.address, this.#startTimeout);
    if (this.#state !== "starting" || this.#child !== child || !child.running || this.#overdue) return;
    if (error === undefined) this.#listens(child);
    else this.#lookAgain = setTimeout(() => void this.#look(child, Math.min(LOOK_AGAIN.most, interval * 2)), interval);
  }

  #listens(child: ApplicationChild): void {
    clearTimeout(this.#timer);
    this.#state = "running";
    this.#listeningSince = performance.now();
    const { name, address } = this.#plan;
    if (child.pid !== undefined)
      publishProcessEvent({ type: "ready", name, pid: child.pid, address, again: this.#inCrashLoop });
    this.#inCrashLoop = false;
    this.#settle();
  }

  #ended(how: string): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#lookAgain);
    const { name, address } = this.#plan;
    this.#record(name, undefined);
    if (this.#state === "stopping" || this.#state === "stopped") return;
    const reason = this.#overdue ? `did not listen on ${address} within ${this.#startTimeout / 1_000} s` : how;
    this.#lastExit = reason;
    const served = this.#listeningSince === undefined ? 0 : performance.now() - this.#listeningSince;
    const { delay, failures, crashLoop } = this.#policy.ended(served);
    this.#state = "waiting";
    this.#inCrashLoop ||= crashLoop;
    publishProcessEvent({ type: crashLoop ? "crash-loop" : "exit", name, reason, delay, failures });
    this.#timer = setTimeout(() => {
      this.#restarts++;
      void this.#run();
    }, delay);
    this.#settle();
  }
}
