import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

import type { PhpSearch } from "../../src/php/php-search.ts";
import { Changes } from "./changes.ts";
import { isRoot } from "./needs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/x-proxy.cjs", import.meta.url));
const WITH_SEARCH = fileURLToPath(new URL("x-proxy-with-search.mjs", import.meta.url));

/** How to run the program. */
export interface ProxyProgramOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Where its run folder goes. @default a folder of its own: any start clears what it finds there */
  readonly runtime?: string;
  readonly stdin?: "ignore" | "pipe";
  /** Where `--php auto` looks. @default where distributions put PHP */
  readonly search?: PhpSearch;
  /** Makes a command line that runs the program's. */
  readonly wrapper?: (command: readonly string[]) => readonly string[];
}

/** The command `x-proxy` as users run it, in a process of its own. */
export class ProxyProgram {
  readonly child: ChildProcess;
  readonly runtime: string;
  stdout = "";
  stderr = "";
  readonly #exited: Promise<unknown>;
  #closed = false;
  readonly #changes = new Changes();

  constructor(args: readonly string[], options: ProxyProgramOptions = {}) {
    const program = options.search === undefined ? [PROGRAM] : [WITH_SEARCH, JSON.stringify(options.search)];
    const command = [process.execPath, ...program, ...args];
    const [file = "", ...rest] = options.wrapper?.(command) ?? command;
    this.runtime = options.runtime ?? temporaryFolder();
    const env = { ...process.env, NO_COLOR: "1", RUNTIME_DIRECTORY: this.runtime, ...options.env };
    this.child = spawn(file, rest, { cwd: options.cwd, env, stdio: [options.stdin ?? "ignore", "pipe", "pipe"] });
    this.#exited = once(this.child, "close");
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changes.tell();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#changes.tell();
    });
    void this.#exited.then(() => {
      this.#closed = true;
      this.#changes.tell();
    });
    const gone = once(this.child, "exit");
    onTestFinished(async () => {
      this.child.kill("SIGKILL");
      await gone;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The process that answers requests, once it listens: started by root, the program has one of its own for that. */
  get worker(): number {
    if (!isRoot) return this.pid;
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "latin1").split(" ").map(Number);
    const found = children.find(
      (pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("x-proxy: worker"),
    );
    if (found === undefined) throw new Error("there is no worker");
    return found;
  }

  /** Resolves with the match when a line came; rejects when the program ended without it. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | undefined => pattern.exec(this.stdout) ?? pattern.exec(this.stderr) ?? undefined;
    // Not when it has exited: its last lines may come after that.
    await this.#changes.find(() => (this.#closed || find() !== undefined ? true : undefined), pattern);
    const found = find();
    if (found === undefined) throw new Error(`ended without ${String(pattern)}:\n${this.stdout}\n${this.stderr}`);
    return found;
  }

  /** The port that it listens on, once it does. */
  async port(): Promise<number> {
    const [, port] = await this.line(/http:\/\/[^\s"]+:(\d+)/);
    return Number(port);
  }

  /** Resolves with exit code or signal, when all output has come. */
  async exit(): Promise<number | NodeJS.Signals | null> {
    await this.#exited;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.exit();
  }
}
