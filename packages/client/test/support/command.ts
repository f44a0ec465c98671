import { execFile } from "node:child_process";
import { join } from "node:path";

import { vi } from "vitest";

import { main } from "../../src/cli/main.ts";

/** What a run of `x-client` printed, a character a byte, and how it ended. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const folder = join(import.meta.dirname, "../..");

/** Runs `x-client` in this process, without its output. */
export async function xClient(args: readonly string[]): Promise<CommandResult> {
  const result: CommandResult = { code: 0, stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) => {
    return vi.spyOn(process[name], "write").mockImplementation((chunk, encoding) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk);
      result[name] += bytes.toString("latin1");
      return true;
    });
  });
  const { exitCode } = process;
  process.exitCode = 0;
  try {
    await main(args);
    result.code = process.exitCode;
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
  return result;
}

/** Runs the program `x-client` as a user does. */
export function xClientProcess(args: readonly string[], stdin = ""): Promise<CommandResult> {
  return new Promise((resolve) => {
    const program = [join(folder, "bin/x-client.cjs"), ...args];
    const child = execFile(process.execPath, program, { encoding: "latin1" }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}
