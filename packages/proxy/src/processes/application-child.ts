import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

import { withUmask } from "../with-umask.ts";
import type { Launch } from "./launcher.ts";
import { LineSplitter } from "./line-splitter.ts";
import { groupEnded, killLeftGroup, signalGroup } from "./signal-group.ts";

/** How to run one application process. */
export interface ChildOptions {
  readonly launch: Launch;
  readonly cwd: string;
  /** All of it: nothing of ours is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** The socket that it makes is also for its group, which is the worker's: a usual umask would keep that from connecting. */
  readonly groupMayConnect?: boolean | undefined;
  /** Who gets SIGTERM: all processes of the group, or only the first, which ends the others itself. */
  readonly terminate: "group" | "leader";
  onLine(stream: "stdout" | "stderr", line: string): void;
  /** Once, when it has ended or could not be started. `reason` reads on from "it": `ended with exit code 1`. */
  onExit(reason: string): void;
}

/** How long the pipes of a process that has ended may stay open: something that left its group may still hold them. */
const PIPE_GRACE = 500;

/**
 * One run of an application process, in a session of its own: Ctrl-C on our terminal reaches us alone, and we stop it in order.
 */
export class ApplicationChild {
  readonly #child: ChildProcess;
  readonly #terminate: "group" | "leader";
  readonly #ended: Promise<void>;
  #running: boolean;
  #stopping = false;

  constructor(options: ChildOptions) {
    this.#terminate = options.terminate;
    const { file, args, ...user } = options.launch;
    // A child begins with the umask of its parent.
    this.#child = withUmask(0o077, (usual) => {
      if (options.groupMayConnect === true) process.umask(usual & ~0o020);
      return spawn(file, [...args], {
        ...user,
        cwd: options.cwd,
        env: options.environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
    });
    this.#running = this.#child.pid !== undefined;
    follow(this.#child.stdout, (line) => options.onLine("stdout", line));
    follow(this.#child.stderr, (line) => options.onLine("stderr", line));
    this.#ended = new Promise((resolve) => {
      const end = async (reason: string): Promise<void> => {
        this.#running = false;
        await this.#groupEnded();
        await this.#drainPipes();
        resolve();
        options.onExit(reason);
      };
      this.#child.once(
        "exit",
        (code, signal) => void end(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`),
      );
      this.#child.once("error", (error: NodeJS.ErrnoException) => {
        if (this.#child.pid === undefined) void end(`cannot be started: ${error.message}`);
      });
    });
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False from the moment it has ended; its last lines may still come. */
  get running(): boolean {
    return this.#running;
  }

  /**
   * Ends it: SIGTERM, and SIGKILL after `grace` milliseconds.
   *
   * @param onKill called when SIGTERM was not enough
   */
  async stop(grace: number, onKill?: () => void): Promise<void> {
    this.terminate();
    const timer = setTimeout(() => {
      onKill?.();
      this.kill();
    }, grace);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Asks it to end, and does not wait. */
  terminate(): void {
    this.#stopping = true;
    if (!this.#running || this.#child.pid === undefined) return;
    if (this.#terminate === "leader") this.#child.kill("SIGTERM");
    else signalGroup(this.#child.pid, "SIGTERM");
  }

  /** Ends it and its group at once. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    // Once it was reaped, its number could be given to another process.
    if (this.#running) signalGroup(pid, "SIGKILL");
    else killLeftGroup(pid);
  }

  /** Its helpers may finish what they do when it was told to stop; when it died, they would only be in the way of the next one. */
  async #groupEnded(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (this.#stopping) await groupEnded(pid);
    else killLeftGroup(pid);
  }

  /** What it wrote last is the reason why it ended: wait for it, but not for ever. */
  async #drainPipes(): Promise<void> {
    const pipes = [this.#child.stdout, this.#child.stderr].filter(
      (pipe) => pipe !== null && !pipe.closed,
    ) as Readable[];
    // Where we were busy meanwhile, what lies in the pipes is read first: timers come before input.
    const timer = setTimeout(() => setImmediate(() => pipes.forEach((pipe) => pipe.destroy())), PIPE_GRACE);
    const closed = pipes.map((pipe) => new Promise<void>((resolve) => pipe.once("close", resolve)));
    await Promise.all(closed);
    clearTimeout(timer);
  }
}

function follow(pipe: Readable | null, onLine: (line: string) => void): void {
  if (pipe === null) return;
  const lines = new LineSplitter(onLine);
  pipe.on("data", (chunk: Buffer) => lines.push(chunk));
  pipe.once("close", () => lines.end());
  // A pipe that breaks says nothing that its end does not say.
  pipe.on("error", () => undefined);
}
