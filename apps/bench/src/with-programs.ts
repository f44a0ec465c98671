import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Program } from "interop/program";

/** Keeps a program that is being started, so that it is stopped at the end. */
export type Keep = <Kind extends Program>(starting: Promise<Kind>) => Promise<Kind>;

/** Gives `run` a folder that every user may enter, and stops whatever was started, however it ends. */
export async function withPrograms(run: (folder: string, keep: Keep) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "x-bench-"));
  chmodSync(folder, 0o755);
  const programs: Program[] = [];
  try {
    await run(folder, async (starting) => {
      const program = await starting;
      programs.push(program);
      return program;
    });
  } finally {
    for (const program of programs.toReversed()) await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
