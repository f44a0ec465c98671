// The command `x-responder`, in a process of its own.
import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { FrontEnd } from "./front-end.ts";

const COMMAND = join(import.meta.dirname, "../../bin/x-responder.cjs");
/** An application that tells its process. */
export const MODULE: string = join(import.meta.dirname, "module-application.ts");

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  /** Resolves with exit code or signal, when all output has come. */
  exit: Promise<number | string>;
  /**
   * Resolves when stdout or stderr contains the text once more than when it was last waited for. What the two say is in order only
   * within each of them.
   */
  says(text: string): Promise<void>;
  /** What stdout and then stderr have said so far. */
  output(): string;
}

/** Starts it; it is killed when the test ends. */
export function run(args: readonly string[], environment: Record<string, string> = {}): Running {
  return watched(
    spawn(process.execPath, [COMMAND, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    }),
  );
}

/** The same by a shell, which can do to descriptors and environment what Node cannot: `script` ends with `exec "$@"`. */
export function runByShell(script: string, args: readonly string[], more: readonly number[] = []): Running {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", ...more];
  return watched(spawn("/bin/sh", ["-c", script, "sh", process.execPath, COMMAND, ...args], { stdio }));
}

function watched(child: ChildProcess): Running {
  onTestFinished(() => void child.kill("SIGKILL"));
  const outputs = [child.stdout, child.stderr].map((stream) => {
    const output = { text: "", seen: 0 };
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
      wake();
    });
    return output;
  });
  const output = (): string => outputs.map(({ text }) => text).join("");
  let ended: number | string | undefined;
  let wake = (): void => {};
  // Not when it has exited: its last lines may come after that.
  const exit = once(child, "close").then(([code, signal]) => (ended = (code ?? signal) as number | string));
  void exit.then(() => wake());
  const find = (text: string): boolean =>
    outputs.some((one) => {
      const at = one.text.indexOf(text, one.seen);
      if (at >= 0) one.seen = at + text.length;
      return at >= 0;
    });
  return {
    child,
    exit,
    output,
    async says(text) {
      while (!find(text)) {
        if (ended !== undefined) throw new Error(`It ended with ${ended} and did not say ${text}: ${output()}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Which process answers. */
export async function ask(path: string, url = "/"): Promise<string> {
  const frontEnd = await FrontEnd.connect(`unix:${path}`);
  try {
    return (await frontEnd.exchange(1, { params: { REQUEST_METHOD: "GET", REQUEST_URI: url }, keepConn: false })).body;
  } finally {
    frontEnd.destroy();
  }
}
