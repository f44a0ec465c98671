import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

import { bootId, identify, isRunning } from "./process-identity.ts";
import { readRecord } from "./run-record.ts";
import type { RunRecord } from "./run-record.ts";
import { stopStrayGroup } from "./signal-group.ts";
import { removeFile, socketFileState } from "./socket-file.ts";

/** What an earlier run left behind that could not end in order. */
export interface Leftover {
  readonly folder: string;
  /** Process ids of applications that outlived it and were stopped. */
  readonly stopped: readonly number[];
}

/**
 * Cleans up after runs that were killed: stops applications that outlived them, and removes dead socket files and folders.
 *
 * A process is signalled only when number and start time are those of the record. A folder whose proxy runs, or with a socket
 * that somebody listens on, is left alone.
 *
 * @param base see `runFolderBase`
 * @param grace milliseconds between SIGTERM and SIGKILL
 */
export async function clearLeftovers(base: string, grace: number): Promise<Leftover[]> {
  const folders = runFolders(base);
  const cleared = await Promise.all(folders.map((folder) => clearOne(folder, grace)));
  return cleared.filter((leftover) => leftover !== undefined);
}

function runFolders(base: string): string[] {
  try {
    return readdirSync(base, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^\d+-\w+$/.test(entry.name))
      .map((entry) => join(base, entry.name));
  } catch {
    return [];
  }
}

async function clearOne(folder: string, grace: number): Promise<Leftover | undefined> {
  const record = readRecord(folder);
  if (hasOwner(folder, record)) return undefined;
  const strays = record?.boot === bootId() ? record.processes.filter(isRunning) : [];
  await Promise.all(strays.map((stray) => stopStrayGroup(stray, grace)));
  const states = await Promise.all(filesIn(folder).map(socketFileState));
  if (states.includes("live")) return undefined;
  emptyFolder(folder);
  removeFolder(folder);
  return { folder, stopped: strays.map((stray) => stray.pid) };
}

function hasOwner(folder: string, record: RunRecord | undefined): boolean {
  if (record !== undefined) return record.boot === bootId() && isRunning(record.owner);
  // No record yet: made a moment ago by a process that is about to write it, or left by one that was killed before it could.
  return identify(Number.parseInt(folder.slice(folder.lastIndexOf("/") + 1), 10)) !== undefined;
}

/** Removes the files in a run folder and in the folders of its processes, and those folders. Never follows a link. */
export function emptyFolder(folder: string): void {
  for (const file of filesIn(folder)) removeFile(file);
  for (const entry of list(folder)) if (entry.isDirectory()) removeFolder(join(folder, entry.name));
}

/** Everything that is no folder, in a run folder and one level below. */
function filesIn(folder: string): string[] {
  return list(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return list(path)
      .filter((inner) => !inner.isDirectory())
      .map((inner) => join(path, inner.name));
  });
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: something in it is not ours.
  }
}
