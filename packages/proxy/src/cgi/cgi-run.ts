import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import type { BodySource, DispatchController, DispatchHandler, Slab } from "@x/client";
import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import type { Launch } from "../processes/launcher.ts";
import { killLeftGroup, signalGroup } from "../processes/signal-group.ts";
import { timers } from "../timers.ts";
import { StatusLineRewriter } from "./status-line.ts";

/** What one run is made of. */
export interface CgiCommand {
  readonly launch: Launch;
  readonly cwd: string;
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Does it send a status line itself? */
  readonly nph: boolean;
  /** Milliseconds; 0: any. */
  readonly limits: {
    readonly time: number;
    readonly firstByte: number;
    readonly idle: number;
    readonly output: number;
  };
}

/** Whoever counts the runs. */
export interface RunOwner {
  /** Its process has ended, or there was none, and its handler has been told the end, or is about to be. */
  onOver(run: CgiRun): void;
  /** It does not want to begin any more. */
  leave(run: CgiRun): void;
}

/** Bytes of stderr that are kept for messages. */
const STDERR_TAIL = 8_192;

/** Milliseconds that a program gets to end itself after SIGTERM. */
const GRACE = 1_000;

/** Milliseconds that stderr may stay open when all else has ended: something that was left behind may hold it. */
const STDERR_GRACE = 200;

/** A program for one request, from the queue to its end. It is told as an exchange with a FastCGI application is. */
export class CgiRun implements DispatchController {
  readonly address: string;
  /** What a program says, and how it is heard, is as with FastCGI. */
  readonly protocol = "fastcgi" as const;
  readonly requestId: number | undefined = undefined;
  readonly reused: boolean = false;
  readonly #owner: RunOwner;
  readonly #command: CgiCommand;
  readonly #body: Uint8Array | BodySource | undefined;
  readonly #handler: DispatchHandler;
  readonly #rewriter: StatusLineRewriter | undefined;
  #state: "waiting" | "running" | "over" = "waiting";
  #child: ChildProcess | undefined;
  #exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  #stdoutEnded = false;
  #stderrEnded = false;
  #stderr: Buffer = Buffer.alloc(0);
  #paused = false;
  #answered = false;
  #written = 0;
  #silence: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(
    owner: RunOwner,
    command: CgiCommand,
    body: Uint8Array | BodySource | undefined,
    handler: DispatchHandler,
    address: string,
  ) {
    this.#owner = owner;
    this.#command = command;
    this.#body = body;
    this.#handler = handler;
    this.address = address;
    this.#rewriter = command.nph ? new StatusLineRewriter() : undefined;
  }

  get stdoutEnded(): boolean {
    return this.#stdoutEnded;
  }

  get stderrTail(): string {
    return this.#stderr.toString("utf8");
  }

  /** The queue's turn has come. Never tells the handler anything before it returns but `onStart`. */
  begin(): void {
    const { launch, cwd, environment, limits } = this.#command;
    const { file, args, ...user } = launch;
    this.#state = "running";
    let child: ChildProcess;
    try {
      // A session of its own: Ctrl-C on our terminal is not its business, and its helpers end with it.
      child = spawn(file, [...args], { ...user, cwd, env: environment, detached: true, stdio: "pipe" });
    } catch (error) {
      // Later, as if the system had said it.
      queueMicrotask(() => this.#onSpawnError(error as NodeJS.ErrnoException));
      return;
    }
    this.#child = child;
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#onSpawnError(error);
    });
    child.once("exit", (code, signal) => this.#onExit(code, signal));
    this.#listen(child.stdout as Readable, child.stderr as Readable);
    this.#handler.onStart?.(this);
    if (limits.time > 0) this.#deadline = timers.schedule(limits.time, () => this.#onDeadline());
    if (limits.firstByte > 0) this.#silence = timers.schedule(limits.firstByte, () => this.#onSilence());
    this.#feed(child.stdin as Writable);
  }

  pause(): void {
    if (this.#paused || this.#state !== "running") return;
    this.#paused = true;
    this.#child?.stdout?.pause();
    if (this.#silence !== undefined) timers.cancel(this.#silence);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#heard();
    this.#child?.stdout?.resume();
  }

  /** Each chunk of a pipe is a buffer of its own: nothing waits for it to come back. */
  retain(): Slab {
    return KEPT;
  }

  abort(reason?: unknown): void {
    this.fail(
      isFastCGIError(reason)
        ? reason
        : new FastCGIError("FCGI_ERR_ABORTED", "The request was aborted.", { cause: reason }),
    );
  }

  /** Ends it with `error`, begun or not. */
  fail(error: FastCGIError): void {
    if (this.#state === "over") return;
    const waited = this.#state === "waiting";
    this.#conclude();
    if (waited) this.#owner.leave(this);
    else this.#kill();
    error.address ??= this.address;
    if (this.#stderr.length > 0) error.stderr ??= this.stderrTail;
    this.#handler.onError(error, this);
  }

  #listen(stdout: Readable, stderr: Readable): void {
    stdout.on("data", (chunk: Buffer) => this.#onStdout(this.#rewriter?.push(chunk) ?? chunk, chunk.length));
    stdout.once("end", () => {
      this.#onStdout(this.#rewriter?.end() ?? new Uint8Array(0), 0);
      this.#stdoutEnded = true;
      this.#look();
    });
    stderr.on("data", (chunk: Buffer) => {
      if (this.#state !== "running") return;
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-STDERR_TAIL);
      this.#heard();
      this.#handler.onStderr?.(chunk, this);
    });
    stderr.once("end", () => {
      this.#stderrEnded = true;
      this.#look();
    });
    // A pipe that breaks says nothing that its end does not say.
    for (const pipe of [stdout, stderr]) pipe.on("error", () => undefined);
  }

  #onStdout(bytes: Uint8Array, written: number): void {
    if (this.#state !== "running") return;
    this.#answered ||= written > 0;
    this.#heard();
    this.#written += written;
    const { output } = this.#command.limits;
    if (this.#written > output) {
      this.fail(
        new FastCGIError("FCGI_ERR_BODY_MISMATCH", `The program wrote more than the ${output} bytes of cgi.output.`),
      );
      return;
    }
    if (bytes.length === 0) return;
    try {
      this.#handler.onStdout(bytes, this);
    } catch (error) {
      this.fail(FastCGIError.from(error, "FCGI_ERR_ABORTED"));
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = { code, signal };
    // What it left behind in its session would go on for nobody.
    if (this.#state === "over") {
      if (this.#child?.pid !== undefined) killLeftGroup(this.#child.pid);
      this.#owner.onOver(this);
    }
    this.#look();
    if (this.#state === "running" && !this.#stderrEnded) {
      const enough = (): void => {
        this.#stderrEnded = true;
        this.#look();
      };
      // Where we were busy meanwhile, what lies in the pipe is read first: timers come before input.
      setTimeout(() => setImmediate(enough), STDERR_GRACE).unref();
    }
  }

  /** Has everything ended? */
  #look(): void {
    if (this.#state !== "running" || this.#exit === undefined || !this.#stdoutEnded || !this.#stderrEnded) return;
    const { code, signal } = this.#exit;
    if (code === null) {
      this.fail(new FastCGIError("FCGI_ERR_PROCESS_EXIT", `The program was ended by ${signal}.`));
      return;
    }
    const missing = this.#answered ? undefined : setprivError(code, this.stderrTail);
    if (missing !== undefined) {
      const message = spawnMessage(this.address, missing);
      this.fail(new FastCGIError("FCGI_ERR_PROCESS_EXIT", message, { appStatus: code }));
      return;
    }
    this.#conclude();
    this.#handler.onEnd({ appStatus: code, protocolStatus: 0 }, this);
  }

  #onSpawnError(error: NodeJS.ErrnoException): void {
    this.#exit = { code: null, signal: null };
    if (this.#state === "over") this.#owner.onOver(this);
    this.fail(new FastCGIError("FCGI_ERR_PROCESS_EXIT", spawnMessage(this.address, error), { cause: error }));
  }

  #onDeadline(): void {
    this.fail(
      new FastCGIError(
        "FCGI_ERR_TIMEOUT",
        `The program ran longer than the ${this.#command.limits.time} ms of cgi.time.`,
      ),
    );
  }

  #onSilence(): void {
    const { firstByte, idle } = this.#command.limits;
    const error = this.#answered
      ? new FastCGIError("FCGI_ERR_BODY_TIMEOUT", `The program wrote nothing for ${idle} ms.`)
      : new FastCGIError("FCGI_ERR_HEADERS_TIMEOUT", `The program wrote nothing for ${firstByte} ms.`);
    this.fail(error);
  }

  #heard(): void {
    const { firstByte, idle } = this.#command.limits;
    const limit = this.#answered ? idle : firstByte;
    if (this.#state !== "running" || this.#paused) return;
    if (this.#silence === undefined) {
      if (limit > 0) this.#silence = timers.schedule(limit, () => this.#onSilence());
    } else if (limit > 0) timers.refresh(this.#silence, limit);
    // The limit of the first byte holds no longer.
    else timers.cancel(this.#silence);
  }

  #feed(stdin: Writable): void {
    // A program need not read what it is sent.
    stdin.on("error", () => undefined);
    const body = this.#body;
    if (body === undefined || body instanceof Uint8Array) {
      stdin.end(body);
      return;
    }
    stdin.on("drain", () => {
      this.#heard();
      if (this.#state === "running") body.resume();
    });
    stdin.on("close", () => body.cancel?.());
    body.start({
      write: (chunk, release) => stdin.write(chunk, () => release?.()),
      end: () => stdin.end(),
      error: (error) => this.fail(FastCGIError.from(error, "FCGI_ERR_ABORTED", { phase: "send" })),
    });
  }

  #conclude(): void {
    this.#state = "over";
    if (this.#silence !== undefined) timers.cancel(this.#silence);
    if (this.#deadline !== undefined) timers.cancel(this.#deadline);
    const { stdin, stdout, stderr } = this.#child ?? {};
    for (const pipe of [stdin, stdout, stderr]) pipe?.destroy();
    if (this.#exit !== undefined) this.#owner.onOver(this);
  }

  #kill(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    if (this.#exit !== undefined) {
      killLeftGroup(pid);
      return;
    }
    signalGroup(pid, "SIGTERM");
    setTimeout(() => {
      if (this.#exit === undefined) signalGroup(pid, "SIGKILL");
    }, GRACE);
  }
}

/** `release()` is all that is asked of it. */
const KEPT = { release(): void {} } as Slab;

/** What setpriv, which changes the user and then becomes the program, says when it cannot: by its exit code (exec(1) of shells). */
function setprivError(code: number, stderr: string): NodeJS.ErrnoException | undefined {
  if ((code !== 126 && code !== 127) || !stderr.startsWith("setpriv: ")) return undefined;
  return Object.assign(new Error(stderr.trim()), { code: code === 127 ? "ENOENT" : "EACCES" });
}

function spawnMessage(program: string, error: NodeJS.ErrnoException): string {
  const what = `The program ${program} cannot be started`;
  if (error.code === "EACCES") return `${what}: it is not executable for the user it runs as: chmod +x.`;
  if (error.code === "ENOENT") return `${what}: the interpreter in its first line is missing, or its folder is.`;
  return `${what}: ${error.message}.`;
}
