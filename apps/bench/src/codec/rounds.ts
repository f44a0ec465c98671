import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { median } from "../median.ts";
import type { Question } from "./child.ts";
import type { Suite } from "./suite.ts";

/** The medians of one candidate. */
export interface Measured {
  name: string;
  /** CPU time of one operation. */
  nanoseconds: number;
  /** How much faster than the floor, 1 being as fast; the median of what each round says. */
  speed: number;
  /** Bytes of heap that one operation allocates. */
  heapBytes: number;
}

/** No collection of the young generation while memory is read. */
const NO_COLLECTION = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"];

/**
 * Measures the candidates of one suite in turns, each in a process of its own, so that whatever else the
 * machine does falls on all of them alike. Ratios are taken round by round.
 */
export async function measureSuite(
  project: string,
  title: string,
  suite: Suite,
  samplesEach: number,
): Promise<Measured[]> {
  const names = Object.keys(suite.candidates);
  const children = names.map((name) => start(project, title, name));
  const samples: number[][] = names.map(() => []);
  try {
    for (const child of children) await ask(child, "ready");
    for (let round = 0; round < samplesEach; round++) {
      for (const [index, child] of children.entries()) samples[index]?.push(await ask(child, "time"));
    }
  } finally {
    for (const child of children) stop(child);
  }
  const floor = samples[names.indexOf(suite.floor)] ?? [];
  const results: Measured[] = [];
  for (const [index, name] of names.entries()) {
    const own = samples[index] ?? [];
    const speed = median(own.map((nanoseconds, round) => (floor[round] ?? Number.NaN) / nanoseconds));
    results.push({ name, nanoseconds: median(own), speed, heapBytes: await memory(project, title, name) });
  }
  return results;
}

async function memory(project: string, title: string, name: string): Promise<number> {
  const child = start(project, title, name, NO_COLLECTION);
  try {
    await ask(child, "ready");
    return await ask(child, "memory");
  } finally {
    stop(child);
  }
}

function start(project: string, title: string, name: string, flags: readonly string[] = []): ChildProcess {
  const file = join(import.meta.dirname, "child.ts");
  // The codecs of npm use what Node has deprecated since.
  return fork(file, [project, title, name], { execArgv: ["--no-deprecation", ...flags] });
}

function stop(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}

async function ask(child: ChildProcess, question: Question): Promise<number> {
  const ended = new AbortController();
  const failed = once(child, "exit", { signal: ended.signal }).then(([code]: unknown[]) => {
    throw new Error(`The measuring process ended with ${String(code)}.`);
  });
  try {
    child.send(question);
    const [answer] = (await Promise.race([once(child, "message", { signal: ended.signal }), failed])) as [number];
    return answer;
  } finally {
    ended.abort();
    failed.catch(() => {});
  }
}
