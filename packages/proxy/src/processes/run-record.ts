import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bootId, identify } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** What a run folder says about the run that made it, so that the next start can tell whether it still lives. */
export interface RunRecord {
  /** Of the machine; a record of an earlier boot names processes that are gone. */
  readonly boot: string;
  /** The proxy. */
  readonly owner: ProcessIdentity;
  /** The leaders of the process groups that it started. */
  readonly processes: readonly ProcessIdentity[];
}

const FILE = "processes.json";

/** Writes the record of a run, all or nothing. @throws when the folder cannot be written */
export function writeRecord(folder: string, processes: readonly ProcessIdentity[]): void {
  const owner = identify(process.pid) ?? { pid: process.pid, start: "" };
  const record: RunRecord = { boot: bootId(), owner, processes };
  const temporary = join(folder, `.${FILE}`);
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, join(folder, FILE));
}

/** Reads the record of a run; undefined when there is none, or none that makes sense. */
export function readRecord(folder: string): RunRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(join(folder, FILE), "utf8"));
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== "object" || value === null) return false;
  const { boot, owner, processes } = value as Partial<Record<keyof RunRecord, unknown>>;
  return typeof boot === "string" && isIdentity(owner) && Array.isArray(processes) && processes.every(isIdentity);
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null) return false;
  const { pid, start } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  // 1 is the machine's first process, 0 and less are groups: never to be signalled.
  return Number.isSafeInteger(pid) && (pid as number) > 1 && typeof start === "string" && start !== "";
}
