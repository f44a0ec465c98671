import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

import type { Status } from "../src/node-application/status.ts";

/** The two applications, by their paths. */
export type Application = "php" | "node";

/** What the start script printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** ms that it has to end. */
const GRACE = 20_000;

const START = join(import.meta.dirname, "../src/start.ts");
const PATHS = {
  php: { status: "/php/status.php", kill: "/php/kill.php" },
  node: { status: "/node/status", kill: "/node/kill" },
};

/** The start script as a child process. */
export class RunningDemo {
  readonly child: ChildProcess;
  /** Where it serves, once it does. */
  readonly url: Promise<string>;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  /** @param args without `--listen`: on any free port */
  constructor(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
    const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    this.child = spawn(process.execPath, [START, ...listen, "--json", ...args], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
    this.url = this.#listening();
    // Not every test waits for it.
    this.url.catch(() => undefined);
  }

  get stdout(): string {
    return this.#stdout;
  }

  async #listening(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout! });
    return await new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        this.#stdout += `${line}\n`;
        if (!line.startsWith('{"')) return;
        const { event, addresses: [address] = [] } = JSON.parse(line) as { event?: string; addresses?: string[] };
        if (event === "listening" && address !== undefined) resolve(address);
      });
      void this.ended.then(({ code, stderr }) => reject(new Error(`The demo ended with ${code}: ${stderr}`)));
    });
  }

  async fetch(path: string, init?: RequestInit): Promise<Response> {
    return await fetch(`${await this.url}${path}`, init);
  }

  async status(application: Application): Promise<Status> {
    const response = await this.fetch(PATHS[application].status);
    if (!response.ok) {
      throw new Error(
        `${application} answers ${response.status} ${await response.text()}; it said: ${this.#stdout}${this.#stderr}`,
      );
    }
    return (await response.json()) as Status;
  }

  async kill(application: Application, headers: Record<string, string>, method = "POST"): Promise<Response> {
    return await this.fetch(PATHS[application].kill, { method, headers });
  }

  /** All processes that this one has started, and theirs. */
  processes(): number[] {
    return descendants(this.child.pid ?? 0);
  }

  /** Ends it by a signal and waits for its end; one that does not heed it is killed with all that it has started, and that is said. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    // Whoever holds its output may live longer than it, and would be waited for.
    const processes = this.processes();
    this.child.kill(signal);
    const overdue = setTimeout(() => {
      console.warn(
        `The demo did not end within ${GRACE / 1_000} s of ${signal}, and is killed: ${this.#stdout}${this.#stderr}`,
      );
      this.child.kill("SIGKILL");
      for (const pid of processes.filter(isAlive)) process.kill(pid, "SIGKILL");
    }, GRACE);
    const ended = await this.ended;
    clearTimeout(overdue);
    return ended;
  }

  /** Has it ended, wanted or not? */
  get over(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.over) await this.stop();
  }
}

/** The run folder that an application's address lies in. */
export function runFolderOf(address: string): string {
  return dirname(dirname(address.slice("unix:".length)));
}

/** Does a process of this number run? One that has ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return []; // it ended meanwhile
  }
}
